"""The document's script, line for line but for its prints; a process for each core."""

from collections.abc import Callable, Iterator

import joblib
import numpy as np

from tests.benchmarks.problem import Problem

NAME = "the document's NumPy loop, joblib"
SAME = True


def candidates(problem: Problem) -> Iterator[tuple[str, int, Callable[[], np.ndarray]]]:
    if not problem.name.startswith("article"):
        return
    cores = joblib.cpu_count()
    some = problem.take(4 * cores)
    parts = some.split(cores)

    def run() -> np.ndarray:
        call = joblib.delayed(_train_some)
        return np.concatenate(joblib.Parallel(cores)(call(part) for part in parts))

    yield "", len(some.runs), run


def _train_some(problem: Problem) -> np.ndarray:
    return np.stack(
        [_train(problem, l1, l2) for l1, l2 in zip(problem.l1, problem.l2, strict=True)]
    )


def relu(x, leak=0):
    return np.where(x <= 0, leak * x, x)


def relu_dash(x, leak=0):
    return np.where(x <= 0, leak, 1)


def softmax(x):
    return np.exp(x) / np.sum(np.exp(x))


def softmax_dash(x):
    identity = np.eye(x.shape[0])
    return softmax(x) * (identity - softmax(x).T)


def cross_E(y_true, y_pred):
    return -np.sum(y_true * np.log(y_pred + 10**-100))


def cross_E_grad(y_true, y_pred):
    return -y_true / (y_pred + 10**-100)


def _train(problem: Problem, l1: np.ndarray, l2: np.ndarray) -> np.ndarray:
    x = problem.x.reshape(-1, 1)
    y = np.eye(4)[:, problem.y]
    w1, b1, w2, b2, w3, b3 = (
        p.copy() if p.ndim == 2 else p.reshape(-1, 1).copy() for p in problem.initial
    )
    l1, l2 = max(l1), max(l2)
    learning_rate, momentum = problem.rate, problem.momentum
    update_w1, update_b1 = np.zeros(w1.shape), np.zeros(b1.shape)
    update_w2, update_b2 = np.zeros(w2.shape), np.zeros(b2.shape)
    update_w3, update_b3 = np.zeros(w3.shape), np.zeros(b3.shape)
    for _ in range(problem.epochs):
        in_hidden_1 = w1.dot(x) + b1
        out_hidden_1 = relu(in_hidden_1)
        in_hidden_2 = w2.dot(out_hidden_1) + b2
        out_hidden_2 = relu(in_hidden_2)
        in_output_layer = w3.dot(out_hidden_2) + b3
        y_hat = softmax(in_output_layer)
        _loss = (
            cross_E(y, y_hat)
            + l1 * np.sum(abs(w3))
            + l1 * np.sum(abs(b3))
            + l2 * np.sum((w3) ** 2)
            + l2 * np.sum((b3) ** 2)
            + l1 * np.sum(abs(w2))
            + l1 * np.sum(abs(b2))
            + l2 * np.sum((w1) ** 2)
            + l2 * np.sum((b1) ** 2)
        )
        error_upto_softmax = np.sum(
            cross_E_grad(y, y_hat) * softmax_dash(in_output_layer), axis=0
        ).reshape((-1, 1))
        grad_w3 = (
            error_upto_softmax.dot(out_hidden_2.T) + l1 * (w3 / (abs(w3) + 10**-100)) + l2 * 2 * w3
        )
        grad_b3 = error_upto_softmax + l1 * (b3 / (abs(b3) + 10**-100)) + l2 * 2 * b3
        error_grad_H2 = np.sum(error_upto_softmax * w3, axis=0).reshape((-1, 1))
        grad_w2 = error_grad_H2 * relu_dash(in_hidden_2).dot(out_hidden_1.T) + l1 * (
            w2 / (abs(w2) + 10**-100)
        )
        grad_b2 = error_grad_H2 * relu_dash(in_hidden_2) + l1 * (b2 / (abs(b2) + 10**-100))
        error_grad_H1 = np.sum(error_grad_H2 * relu_dash(in_hidden_2) * w2, axis=0).reshape((-1, 1))
        grad_w1 = error_grad_H1 * relu_dash(in_hidden_1).dot(x.T) + l2 * 2 * w1
        grad_b1 = error_grad_H1 * relu_dash(in_hidden_1) + l2 * 2 * b1
        update_w1 = -learning_rate * grad_w1 + momentum * update_w1
        update_w1_ = -learning_rate * grad_w1 + momentum * update_w1
        w1 += update_w1_
        update_b1 = -learning_rate * grad_b1 + momentum * update_b1
        update_b1_ = -learning_rate * grad_b1 + momentum * update_b1
        b1 += update_b1_
        update_w2 = -learning_rate * grad_w2 + momentum * update_w2
        update_w2_ = -learning_rate * grad_w2 + momentum * update_w2
        w2 += update_w2_
        update_b2 = -learning_rate * grad_b2 + momentum * update_b2
        update_b2_ = -learning_rate * grad_b2 + momentum * update_b2
        b2 += update_b2_
        update_w3 = -learning_rate * grad_w3 + momentum * update_w3
        update_w3_ = -learning_rate * grad_w3 + momentum * update_w3
        w3 += update_w3_
        update_b3 = -learning_rate * grad_b3 + momentum * update_b3
        update_b3_ = -learning_rate * grad_b3 + momentum * update_b3
        b3 += update_b3_
    return problem.flat([w1, b1, w2, b2, w3, b3])
