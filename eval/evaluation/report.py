"""The report of an evaluation: one HTML file with tables and pictures, which needs no other file."""

import base64
import html as markup
import io

import numpy as np
from PIL import Image

_SIDE, _QUALITY = 160, 85
_SPREAD_OVER, _WORST = 8, 4  # pictures shown of each set: evenly spread ones, and the worst by each criterion
_CRITERIA = ('l1', 'region_spread', 'background_spread')
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 1400px; color: #33323a; }
table { border-collapse: collapse; margin: 1em 0; }
td, th { padding: .25em .7em; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 0 .3em .6em 0; display: inline-block; }
figcaption { font-size: 12px; color: #777; }
"""


def thumbnail(picture):
    """Makes a small JPEG of a picture uint8 [H, W] or [H, W, 3], as base64 text."""
    image = Image.fromarray(picture).convert('RGB')
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, 'JPEG', quality=_QUALITY)
    return base64.b64encode(stream.getvalue()).decode()


def chosen(pictures, rows):
    """Chooses the pictures of a set to show: evenly spread ones, and the first model's worst by each criterion.

    Args:
      pictures: {picture: {what: thumbnail}}.
      rows: [{'picture', 'model', figure: value or None}].
    Returns:
      [(title, {what: thumbnail})].
    """
    shown = _spread(pictures)
    first = [row for row in rows if row['model'] == rows[0]['model']]
    for figure in _CRITERIA:
        known = sorted((row for row in first if row[figure] is not None), key=lambda row: -row[figure])
        shown += [(f'{row["picture"]}: worst {figure}, {row[figure]:.3g}', pictures[row['picture']])
                  for row in known[:_WORST]]
    return shown


def _spread(pictures):
    """Returns a few pictures, evenly spread over a set: [(name, thumbnails)]."""
    names = list(pictures)
    numbers = np.linspace(0, len(names) - 1, min(_SPREAD_OVER, len(names))).astype(int)
    return [(names[k], pictures[names[k]]) for k in numbers]


def figure(pictures, rows):
    """Draws some of a set's pictures in the form of the study's figures.

    Args:
      pictures: {picture: {what: thumbnail}}.
      rows: names of thumbnails ('outline', 'truth', models), one for each row; each column is a picture.
    Returns:
      PIL image.
    """
    columns = [its for _, its in _spread(pictures)]
    result = Image.new('RGB', (len(columns) * _SIDE, len(rows) * _SIDE), 'white')
    for x, its in enumerate(columns):
        for y, what in enumerate(rows):
            result.paste(Image.open(io.BytesIO(base64.b64decode(its[what]))), (x * _SIDE, y * _SIDE))
    return result


def html(table, figures, shown, by_number):
    """Makes the page.

    Args:
      table: {set: {model: {figure: value or None}}}.
      figures: their names, in order.
      shown: {set: what `chosen` returns}.
      by_number: list of (what, {set: {number of it: {system: {figure: value or None}}}}, the figures' names there).
    """
    parts = ['<!DOCTYPE html><meta charset="utf-8"><title>Evaluation</title>', f'<style>{_STYLE}</style>']
    for name, models in table.items():
        parts.append(f'<h2>{markup.escape(name)}</h2>{_table(models, figures)}')
        parts += [_table({f'{system}, {number} {what}': its for number, systems in tables[name].items()
                          for system, its in systems.items()}, those)
                  for what, tables, those in by_number if name in tables]
        for title, pictures in shown[name]:
            parts.append(f'<p>{markup.escape(title)}</p>')
            parts += [f'<figure><img alt="{what}" src="data:image/jpeg;base64,{picture}">'
                      f'<figcaption>{what}</figcaption></figure>' for what, picture in pictures.items()]
    return '\n'.join(parts) + '\n'


def _table(models, figures):
    head = ''.join(f'<th>{figure}</th>' for figure in figures)
    rows = ''.join(
        f'<tr><td>{model}</td>' + ''.join('<td></td>' if its[f] is None else f'<td>{its[f]:.4g}</td>' for f in figures)
        + '</tr>' for model, its in models.items())
    return f'<table><tr><th>model</th>{head}</tr>{rows}</table>'
