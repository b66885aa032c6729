"""What does nothing for some runs of a plan, in words."""

from sweep.plan.plan import Plan
from sweep.specification.axes import given_axes, parts
from sweep.specification.several.alternatives import several


def at_rest(plan: Plan) -> list[str]:
    """Say of each axis for which runs it stands at one value, because it does nothing for them."""
    spec = plan.whole.spec
    axes = given_axes(spec)
    whose: dict[str, dict[str, None]] = {}
    for part in parts(spec):
        run = {"optimizer": spec.optimizer, "activation": spec.activation} | part.place
        linear = part.place.get("hidden") == "none"
        for name in part.rest:
            if name in ("momentum", "beta2", "epsilon"):
                reason = f"with {run['optimizer']}"
            elif name == "l21" or (name == "l21_on" and not linear):
                reason = "with subgradient"
            elif linear:
                reason = "without hidden layers"
            else:
                reason = f"with {run['activation']}"
            if len(axes.get(name, "")) > 1:
                whose.setdefault(name, {})[reason] = None
    return [f"{name} {' and '.join(reasons)}" for name, reasons in whose.items()]


def repeated(plan: Plan) -> list[str]:
    """Say which runs are the same as others, because they differ in nothing that is done."""
    spec, samples, found = plan.whole.spec, plan.samples, []
    whole = [size for size in several("batch_size", spec.batch_size) if not 0 < size < samples]
    if len(whole) > 1:
        sizes = ", ".join("full" if size == 0 else str(size) for size in whole)
        found.append(f"batch_size {sizes}: each is all {samples:,} rows")
    if len(several("l21_on", spec.l21_on)) > 1 and 0 in spec.l21:
        found.append("l21_on where l21 is 0")
    return found
