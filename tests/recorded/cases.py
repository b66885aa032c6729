"""What is recorded beside `covering`: sweeps at the edges, models and estimators."""

from typing import Any

from tests.kernels import hashing

Given = dict[str, Any]

SWEEPS: list[Given] = [
    # The document's experiment as it stands; there is so much to train that code is frozen.
    {},
    {"l1": "0,0.001,0.1", "l2": "0,0.01", "seeds": "0:100", "l1_method": "proximal",
     "precision": "float32", "history": 250, "lr": [0.01, 0.02]},
    # The first example of the README.
    {"data": "iris", "l1": "0,1e-3,1e-2", "l2": "0,1e-3", "seeds": "0:5"},
    # More runs than lanes, which are freed and filled again.
    {"data": "iris", "hidden": 4, "l1": "0,0.003,0.03", "l2": [0, 0.01], "seeds": "0:60",
     "epochs": 60, "lr": 0.05, "patience": 2, "history": 3},
    {"data": "fruit.csv", "hidden": 6, "l1": "0,0.003,0.03", "l2": 0.001, "seeds": "0:70",
     "epochs": 60, "lr": [0.02, 0.1], "patience": 4, "precision": "float32", "folds": 2,
     "l1_method": "proximal"},
    # Long paths in every order, and one whose end is found.
    {"data": "iris", "hidden": "none", "l1": "0,1e-4,3e-4,1e-3,3e-3,0.01,0.03,0.1,0.3", "l2": 0,
     "seeds": "0:3", "path": "l1", "path_order": "up,down,cold", "l1_method": "proximal"},
    {"data": "wine", "hidden": "6,4", "l1": "auto:log2", "l2": "0,0.001,0.01,0.1", "seeds": 3,
     "epochs": 30, "path": "l2", "path_order": "down,cold", "l1_method": "proximal"},
    # Cells that are drawn, and networks and steps that differ within a sweep.
    {"data": "wine", "hidden": "3", "l1": "0,0.001,0.01", "l2": "0,0.002", "seeds": "0:3",
     "epochs": 7, "lr": "0.003,0.1", "sample": 4},
    {"data": "wine", "hidden": "3", "l1": "0,0.001,0.01", "l2": "0,0.002", "seeds": "0:3",
     "epochs": 7, "lr": "0.003,0.1", "sample": 4, "sampler": "random"},
    {"data": "wine", "hidden": "4/3/none", "activation": "relu,tanh", "batch_size": "32,full",
     "l1": "0,0.01", "l2": 0, "seeds": "0:2", "epochs": 7, "finish": 0},
    {"data": "wine", "hidden": "3", "l1": "1e-4:0.1:log", "l2": 0, "lr": "0.003:0.1:log",
     "optimizer": "nesterov,adam", "seeds": "0:2", "epochs": 7, "sample": 6},
    # Races of several rungs.
    {"data": "wine", "hidden": 7, "l1": "0,0.001,0.003,0.01,0.03,0.1", "l2": "0,0.001,0.01,0.1",
     "seeds": "0:3", "epochs": 50, "halving": 2, "history": 5},
    {"data": "fruit.csv", "target": "grade", "hidden": "5,4", "l1": "0,0.001,0.003,0.01,0.03",
     "l2": "0,0.001,0.01,0.1", "seeds": [1, 9], "folds": 3, "epochs": 40, "halving": 3,
     "lr": [0.02, 50], "vary": {"l2_w2": [0, 0.05]}},
    # Runs that diverge at once, late, or nearly; of others only weights die out.
    {"data": "iris", "hidden": 5, "l1": 0, "l2": "0,0.1,5", "seeds": "0:4", "epochs": 25,
     "lr": [0.01, 0.3, 3, 1e6], "momentum": [0, 0.99], "history": 1},
    {"data": "iris", "hidden": 5, "l1": [0, 2], "l2": 0, "seeds": "0:4", "epochs": 25,
     "lr": [0.01, 0.3, 3, 1e6], "momentum": [0, 0.99], "precision": "float32",
     "l1_method": "proximal"},
    {"data": "wine", "hidden": "6,5", "l1": 0, "l2": 1, "seeds": "0:3", "epochs": 400, "lr": 0.05,
     "batch_size": 16, "precision": "float32", "momentum": 0},
    # A batch longer than the data, a network wider than its inputs, and one class a sample more.
    {"data": "iris", "hidden": "40,33", "l1": [0, 0.001], "l2": 0, "seeds": "0:3", "epochs": 5,
     "batch_size": 1000},
    {"data": "digits", "hidden": "17", "l1": [0, 0.001], "l2": [0, 0.001], "seeds": "0:2",
     "epochs": 3, "l1_on": "w1,w2", "l2_on": "none"},
    {"data": "breast_cancer", "hidden": "3,3,3,3", "l1": [0, 0.001], "l2": 0.001, "seeds": "0:4",
     "epochs": 10, "batch_size": 7, "vary": {"l2_w5": [0, 0.1], "l1_b5": [0, 0.01]}},
    # An answer of yes or no.
    {"data": "fruit.csv", "target": "ripe", "loss": "logistic", "hidden": "4,3",
     "l1": "0,0.001,0.01", "l2": "0,0.002", "seeds": "0:3", "epochs": 40, "batch_size": 8,
     "optimizer": "adam", "activation": "tanh", "metrics": "auc,f1"},
    {"data": "fruit.csv", "target": "ripe", "task": "classes", "loss": "logistic",
     "hidden": "none", "l1": "0,0.001,0.01", "l2": "0,0.002", "seeds": "0:3", "epochs": 7,
     "l1_method": "proximal", "precision": "float32", "folds": 2},
    {"data": "iris", "hidden": "4,3", "l1": "0,0.001,0.01", "l2": 0, "seeds": "0:3", "epochs": 7,
     "l1_method": "proximal", "subsample": 0.5, "features": "keep", "permutations": 3},
    {"data": "fruit.csv", "target": "price", "task": "numbers", "hidden": "3", "seeds": "0:3",
     "l1": "0,0.001,0.01", "l2": 0, "l1_method": "proximal", "epochs": 7, "folds": 2,
     "features": "keep"},
    {"data": "wine", "hidden": "3", "l1": "0,0.001,0.01", "l2": 0, "seeds": "0:3", "epochs": 7,
     "l1_method": "proximal", "precision": "float32", "features": "keep", "permutations": 0},
]  # fmt: skip

MODELS: list[Given] = [
    {"sweep": {"data": "fruit.csv", "hidden": 6, "l1": "0,0.001,0.01", "l2": [0, 0.001],
               "seeds": "0:3", "epochs": 30, "patience": 5, "lr": 0.05}, "rule": "min"},
    {"sweep": {"data": "iris", "hidden": 4, "l1": "0,0.001,0.01", "l2": [0, 0.001], "seeds": "0:3",
               "epochs": 20, "path": "l1", "l1_method": "proximal"}, "rule": "one-se"},
    {"sweep": {"data": "wine", "hidden": "4,3", "l1": "0,0.001,0.01", "l2": [0, 0.001],
               "seeds": "0:2", "epochs": 16, "halving": 2, "precision": "float32", "folds": 2},
     "rule": "min"},
    {"sweep": {"data": "article", "l1": [0, 0.01], "l2": [0, 0.01], "seeds": "0:3"},
     "rule": "min"},
]  # fmt: skip

ESTIMATORS: list[Given] = [
    {"data": data, "weighted": weighted, "parameters": {"random_state": 3} | parameters}
    for data, weighted, parameters in (
        ("iris", False, {}),
        ("iris", True, {"hidden_layer_sizes": [], "l1": 0.01, "l1_method": "proximal"}),
        ("wine", False, {"hidden_layer_sizes": 5, "l1_method": "proximal", "l1": 0.003, "l2": 0,
                         "early_stopping": True, "learning_rate_init": 0.0001, "init": "uniform",
                         "l2_on": "all", "max_iter": 30}),
        ("wine", True, {"hidden_layer_sizes": [6, 4], "precision": "float32", "momentum": 0,
                        "batch_size": "full", "l1_on": "w1,b2", "learning_rate_init": 0.001}),
        ("iris", True, {"hidden_layer_sizes": [8, 5, 4], "batch_size": "auto", "max_iter": 60,
                        "early_stopping": True, "n_iter_no_change": 3, "validation_fraction": 0.25,
                        "learning_rate_init": 0.1, "precision": "float32"}),
        ("iris", False, {"hidden_layer_sizes": 6, "l1": [0, 0.001, 0.01], "l2": [0, 0.001],
                         "cv": 3, "seeds": [3, 8], "max_iter": 15, "return_train_score": True,
                         "learning_rate_init": [0.01, 0.05]}),
        ("wine", True, {"hidden_layer_sizes": [4, 3], "l1": "0,0.001,0.01", "l2": 0, "cv": 2,
                        "max_iter": 40, "early_stopping": True, "l1_method": "proximal",
                        "learning_rate_init": 0.001, "momentum": [0.5, 0.9]}),
        ("iris", True, {"hidden_layer_sizes": 5, "solver": "adam", "alpha": 0.01, "max_iter": 30,
                        "learning_rate": "cosine", "warmup": 3, "l1_method": "proximal"}),
        ("diabetes", True, {"hidden_layer_sizes": [6, 4], "solver": "adam", "activation": "tanh",
                            "max_iter": 20, "l1_method": "proximal", "standardize": True}),
        ("diabetes", False, {"hidden_layer_sizes": 5, "loss": "poisson", "early_stopping": True,
                             "learning_rate_init": 0.001, "precision": "float32",
                             "standardize": True}),
        ("diabetes", True, {"hidden_layer_sizes": 5, "loss": "huber", "solver": "rmsprop",
                            "beta_2": [0.9, 0.99], "epsilon": [1e-8, 1e-4], "l1": [0, 0.01],
                            "l2": 0, "cv": 2, "seeds": [3, 8], "max_iter": 10,
                            "standardize": True}),
        ("diabetes", False, {"hidden_layer_sizes": 4, "loss": "absolute", "max_iter": 300,
                             "nesterovs_momentum": False, "tol": 0.01, "standardize": True}),
        ("iris", False, {"hidden_layer_sizes": 5, "learning_rate": "adaptive", "tol": 0.01,
                         "n_iter_no_change": 2, "shuffle": False}),
    )
]  # fmt: skip


def of(kind: str) -> list[Any]:
    """Return what is to be recorded of a kind."""
    if kind == "kernels":
        return list(hashing.hashes({"float64": 1, "float32": 1}))
    return {"sweeps": SWEEPS, "models": MODELS, "estimators": ESTIMATORS}[kind]
