import pyarrow as pa

from results import columns


def test_runs_have_the_columns_of_the_interface_in_its_order():
    others = [name for (metric, _), name in columns.OF_METRIC.items() if metric != "accuracy"]
    always = [name for name in columns.OPTIONAL if name not in others]
    names = columns.schema(("w1", "w2"), ("l1_w1", "l2_b2"), always).names
    assert " ".join(names) == (
        "run data seed outer fold hidden activation init optimizer l1_method l21_on batch_size "
        "schedule warmup patience tol leak l1 l2 l21 lr momentum beta2 epsilon dropout l1_w1 "
        "l2_b2 path status epochs train_rows val_rows val_from test_rows test_size initial_loss "
        "final_loss "
        "train_loss val_loss train_accuracy val_accuracy test_loss test_accuracy "
        "baseline_loss baseline_accuracy l1_penalty l2_penalty l21_penalty sparsity sparsity_w1 "
        "sparsity_w2 nonzero effective dead_units unused_inputs best_epoch rung seconds"
    )


def test_optional_columns_are_left_out_unless_asked_for():
    assert not set(columns.OPTIONAL) & set(columns.schema(("w1",), ()).names)
    assert not set(columns.OPTIONAL) & set(columns.history_schema(()).names)
    assert "rung" in columns.schema(("w1",), (), ("rung",)).names


def test_an_earlier_version_lacks_what_came_later_and_nothing_else():
    wanted = columns.schema(("w1",), (), columns.OPTIONAL)
    older = wanted.empty_table().drop_columns(list(columns.LATER))
    assert columns.completed(older, wanted).schema.equals(wanted)
    other = older.drop_columns("l1")
    assert not columns.completed(other, wanted).schema.equals(wanted)
    row = pa.table(
        {name: pa.nulls(1, older.schema.field(name).type) for name in older.schema.names}
    )
    assert columns.completed(row, wanted)["val_rows"].to_pylist() == [None]


def test_types():
    types = {field.name: field.type for field in columns.schema(("w1",), ("l1_w1",), ("path",))}
    whole = {"run", "seed", "epochs", "nonzero", "effective", "dead_units", "unused_inputs"}
    texts = {"data", "path", "status"}
    assert {name for name, kind in types.items() if kind == pa.int64()} == whole
    assert {name for name, kind in types.items() if kind == pa.string()} == texts
    assert types.pop("fold") == pa.int32()
    rest = set(types) - whole - texts
    assert {types[name] for name in rest} == {pa.float64()}


def test_history_shares_the_place_of_its_run():
    of_classes = ("train_accuracy", "val_accuracy")
    assert " ".join(columns.history_schema(("l1_w1",), of_classes).names) == (
        "run seed fold l1 l2 lr momentum l1_w1 epoch loss train_loss val_loss train_accuracy "
        "val_accuracy sparsity"
    )


def test_coordinates_end_where_results_begin():
    assert columns.coordinates(columns.schema((), ("l1_w1",)).names)[-1] == "l1_w1"
    assert columns.coordinates(columns.history_schema(("l1_w1",)).names)[-1] == "l1_w1"
    assert columns.coordinates(columns.schema((), ("l1_w1",), ("path",)).names)[-1] == "path"
    assert columns.coordinates(columns.history_schema((), ("path",)).names)[-1] == "path"
