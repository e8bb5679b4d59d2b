from eval.evaluation import report


def test_the_pictures_that_the_first_model_does_worst_are_shown_by_each_criterion():
    values = [.3, .1, .6, .2, .5, .4]
    rows = [{'picture': f'p{k}', 'model': model, 'l1': value if model == 'comic' else 1 - value,
             'region_spread': None, 'background_spread': 10 * values[-k - 1]}
            for k, value in enumerate(values) for model in ('comic', 'pix2pix')]
    pictures = {f'p{k}': {'outline': str(k)} for k in range(6)}
    shown = report.chosen(pictures, rows)
    assert [title for title, _ in shown[:6]] == list(pictures)  # evenly spread: here all
    assert [title.split(',')[0] for title, _ in shown[6:]] == [
        *(f'p{k}: worst l1' for k in (2, 4, 5, 0)), *(f'p{k}: worst background_spread' for k in (3, 1, 0, 5))]
    assert shown[6][1] == {'outline': '2'}
