"""Where a block of threads keeps what its run works with: on the chip as far as it fits."""

from typing import NamedTuple

from kernels.network import NO_DROPOUT, Network


class Place(NamedTuple):
    """Where an array is.

    Attributes
    ----------
    on_chip : bool
        In shared memory, else in the memory of the GPU.
    first : int
        Its first number there.
    """

    on_chip: bool
    first: int


class Layout(NamedTuple):
    """Arrays of a run, and where they are.

    Attributes
    ----------
    places : dict of str to Place
        ``weights``; ``units 0`` to the last, activations by layer; ``deltas 1`` to the last,
        gradients by layer; ``targets`` and ``importance`` of the batch; ``memory`` of the step;
        with dropout ``passed`` and ``factors`` by hidden layer.
    pitches : tuple of int
        Distance of the samples of each layer.
    rows : tuple of int
        Distance of the rows of each layer's weights.
    biases : tuple of int
        Where each layer's biases begin among the weights.
    firsts : tuple of int
        Where each layer's weights do.
    on_chip, elsewhere : int
        Numbers in all, of shared memory and of the GPU's.
    """

    places: dict[str, Place]
    pitches: tuple[int, ...]
    rows: tuple[int, ...]
    biases: tuple[int, ...]
    firsts: tuple[int, ...]
    on_chip: int
    elsewhere: int


def odd(count: int) -> int:
    """Return an odd distance: rows so far apart begin in memory banks of their own."""
    return count | 1


def layout_of(net: Network, batch: int, remembered: int, room: int) -> Layout:
    """Return where arrays are.

    Parameters
    ----------
    net : Network
    batch : int
        Samples that there is room for.
    remembered : int
        Numbers that the step remembers.
    room : int
        Numbers that fit shared memory.
    """
    widths = net.widths.tolist()
    pitches = tuple(map(odd, widths))
    rows = pitches[:-1]
    firsts, biases, size = [], [], 0
    for row, outputs in zip(rows, widths[1:], strict=True):
        firsts.append(size)
        biases.append(size + row * outputs)
        size += (row + 1) * outputs
    counts = {"importance": batch, "targets": batch * net.targets}
    last = len(widths) - 1
    for layer in range(last, -1, -1):
        counts[f"units {layer}"] = batch * pitches[layer]
        if layer:
            counts[f"deltas {layer}"] = batch * pitches[layer]
        if 0 < layer < last and net.dropout.kind != NO_DROPOUT.kind:
            counts |= {f"{name} {layer}": batch * pitches[layer] for name in ("passed", "factors")}
    counts["weights"] = size
    # The smallest first: those that are large are read least often for their size.
    wanted = sorted(counts, key=lambda name: counts[name])
    # What the step remembers is read and written once a batch.
    counts["memory"] = remembered
    places, used = {}, [0, 0]
    for name in (*wanted, "memory"):
        count = counts[name]
        on_chip = name != "memory" and used[True] + count <= room
        places[name] = Place(on_chip, used[on_chip])
        used[on_chip] += count
    return Layout(places, pitches, rows, tuple(biases), tuple(firsts), used[True], used[False])
