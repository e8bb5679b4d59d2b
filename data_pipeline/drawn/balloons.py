"""Draws balloons and captions of a page, with their lettering."""

import textwrap

import numpy as np

from data_pipeline.drawn import canvas as drawn_canvas

KINDS = ('round', 'oval', 'shout', 'thought', 'caption')
WORDS = (
    'Wait, what?', 'Not again...', 'Good morning!', 'Did you see that?', 'I knew it!', 'Shall we go?', 'Coffee first.',
    'Hmm, let me think', 'It is not my fault!', 'Look over there', 'You are late', 'Again?', 'Who ate my cake?',
    'Ha ha!', 'Run!', 'I have an idea', 'Shh...', 'That is mine', 'So pretty', 'One more time', 'Never mind', 'Really?',
    'Thank you!', 'What day is it?', 'I can explain')
CAPTIONS = ('Meanwhile...', 'The next morning', 'Two hours later', 'At the same time, at home', 'Nobody noticed.',
            'It was a long day.', 'Later that night', 'Somewhere else', 'And so it began.')
TAIL = 3  # sizes of the lettering; the longest tail
_WHITE = (255, 255, 255)
_POINTS = 72
_AROUND = {'round': 1.3, 'oval': 1.42, 'shout': 1.42, 'thought': 1.42, 'caption': 1.}  # half sizes, lettering to body


def say(rng, kind, width, height):
    """Writes a text of a balloon in lines.

    Args:
      rng: `np.random.Generator`.
      kind: one of KINDS.
      width: width that the balloon may have, in the unit of `height`.
      height: size of the lettering.
    Returns:
      A text, or None if the balloon has not room for one.
    """
    texts = rng.choice(CAPTIONS, 1) if kind == 'caption' else rng.choice(WORDS, rng.choice(3, p=[.5, .35, .15]) + 1)
    upper = rng.random() < .5
    for count in range(len(texts), 0, -1):
        text = ' '.join(texts[:count])
        text = text.upper() if upper else text
        widest = 24 if kind == 'caption' else max(7, round(np.sqrt(4 * len(text))))
        for columns in range(widest, 5, -1):
            lines = textwrap.fill(text, columns, break_long_words=False)
            if 2 * half_size(lines, height, kind)[0] <= width:
                return lines
    return None


def half_size(text, height, kind):
    """Returns half the width and half the height of a balloon, without its tail, in the unit of `height`."""
    wide, high = np.array(drawn_canvas.text_size(text, height)) / 2
    return _AROUND[kind] * wide + .6 * height, _AROUND[kind] * high + .6 * height


def draw(canvas, rng, number, kind, center, text, height, mouth=None):
    """Draws a balloon.

    Args:
      canvas: `Canvas`.
      rng: `np.random.Generator`.
      number: number of the balloon on the layer of balloons, 1 to 255.
      kind: one of KINDS.
      center: (x, y) in units.
      text: lines of lettering.
      height: size of the lettering in units.
      mouth: (x, y) of the one who speaks, where the tail points; None for no tail.
    """
    center, half = np.asarray(center), np.array(half_size(text, height, kind))
    body = center + half * _outline(rng, kind)
    if mouth is not None and kind != 'caption':
        away = np.asarray(mouth) - center
        edge = int(np.argmax((body - center) / half @ (away / half)))
        gap = np.hypot(*(mouth - body[edge]))
        if kind == 'thought':
            for share, size in ((.22, .3), (.5, .2)):
                at = body[edge] + share * min(gap, 5 * height) * away / np.hypot(*away) + .35 * height * np.sign(away)
                radius = size * height
                canvas.fill(at + radius * _outline(rng, 'oval'), _WHITE)
        elif (away / half) @ (away / half) > 1.2:
            tip = body[edge] + min(.6 * gap, TAIL * height) * away / np.hypot(*away)
            wide = max(2, round(.35 * height / (2 * np.pi * half.mean() / _POINTS)))
            turned = np.roll(body, _POINTS // 2 - edge, axis=0)
            body = np.concatenate([turned[:_POINTS // 2 - wide], tip[None], turned[_POINTS // 2 + wide:]])
    canvas.fill(body, _WHITE, width=0)
    canvas.number(body, number)
    canvas.stroke(np.concatenate([body, body[:2]]))
    canvas.letter(center, text, height)


def _outline(rng, kind):
    """Draws the outline of a body that fills the square from -1 to 1: [72, 2], clockwise from the right."""
    if kind == 'caption':
        side = np.linspace(-1, 1, _POINTS // 4, endpoint=False)
        top = np.stack([side, np.full_like(side, -1)], -1)
        return np.concatenate([top, top[:, ::-1] * (-1, 1), -top, top[:, ::-1] * (1, -1)])
    turn = np.linspace(0, 2 * np.pi, _POINTS, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], -1)
    if kind == 'round':
        return np.sign(circle) * np.abs(circle) ** .75
    if kind == 'shout':
        spike = np.where(np.arange(_POINTS) % 4 == 0, rng.uniform(1.08, 1.3, _POINTS), 1.)
        return circle * np.where(np.arange(_POINTS) % 2 == 0, spike, 1.)[:, None]
    if kind == 'thought':
        return circle * (1 + .1 * np.abs(np.sin(4.5 * turn)))[:, None]
    return circle
