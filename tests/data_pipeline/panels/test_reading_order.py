from data_pipeline.panels import reading_order


def test_rows_are_read_before_columns():
    assert reading_order.sort([(60, 60, 100, 100), (0, 60, 50, 100), (60, 0, 100, 50), (0, 0, 50, 50)]) == [3, 1, 2, 0]


def test_a_column_of_a_row_is_read_from_its_top():
    assert reading_order.sort([(0, 0, 100, 45), (0, 55, 45, 100), (55, 55, 100, 100)]) == [0, 1, 2]


def test_rows_of_slanted_panels_may_overlap():
    assert reading_order.sort([(85, 0, 185, 200), (0, 0, 80, 100), (0, 110, 100, 200)]) == [1, 2, 0]


def test_an_inset_follows_its_panel():
    assert reading_order.sort([(10, 10, 30, 30), (0, 0, 100, 100), (110, 0, 200, 100)]) == [1, 0, 2]
