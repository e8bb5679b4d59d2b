"""How good the colors are by number of references of the same story."""

import numpy as np

from data_pipeline.pictures import colors
from eval.evaluation import metrics
from models.ops import resize

FIGURES = ('l1', 'l1_32', 'foreground_l1_32')
COLUMNS = ('set', 'picture', 'references', 'system', *FIGURES)


def references_of(number, examples, count):
    """Chooses references of a picture among the others of its story.

    Those come first that show something of the picture which those before them do not, as far as `Example.shows` tells;
    then the others, in a random order that is always the same.

    Args:
      number: of the picture.
      examples: list of `Example`s.
      count: the most references.
    Returns:
      List of numbers of pictures; fewer than `count` if the story has no more.
    """
    example = examples[number]
    others = [k for k, other in enumerate(examples) if k != number and other.story == example.story]
    others = np.random.default_rng(number).permutation(others).astype(int).tolist()
    missing, chosen = set(example.shows), []
    while others and len(chosen) < count:
        best = max(others, key=lambda k: len(missing & examples[k].shows))  # the first of several
        missing -= examples[best].shows
        others.remove(best)
        chosen.append(best)
    return chosen


def strangers_of(number, examples, count):
    """Chooses pictures of other stories, in a random order that is always the same: list of numbers of pictures."""
    others = [k for k, other in enumerate(examples) if other.story != examples[number].story]
    return np.random.default_rng(number).permutation(others).astype(int).tolist()[:count]


class ReferenceFigures:
    """Colors pictures with references, and measures the results.

    The systems:
      comic: references of the picture's own story.
      comic_strangers: references of other stories. They should do no harm.

    Args:
      system: a `LocalSystem`.
      numbers: numbers of references.

    Example:
      >>> from eval import systems
      >>> from eval.evaluation import held_out_sets
      >>> system = systems.LocalSystem('comic', ['models/pretrained'], drafts=1)
      >>> examples = list(held_out_sets.drawn('flat', count=2, seed=0, size=256, cast='random'))
      >>> rows = ReferenceFigures(system, numbers=[1]).rows('drawn_cast', examples, temperature=1.)
      >>> [(row['picture'], row['system']) for row in rows]
      [('flat 1', 'comic'), ('flat 2', 'comic')]
    """

    def __init__(self, system, numbers):
        self._system, self._numbers = system, numbers

    def rows(self, name, examples, temperature):
        """Measures all `Example`s of the set `name`: [{COLUMNS}]. A picture without references of a kind is left out.

        l1 compares the colors with the truth; l1_32 those of 32x32 pixels; foreground_l1_32 the same, on the foreground
        alone, or None where it is not known.
        """
        encoded = np.concatenate([self._system.encode_references(one.fitted[None], one.truth[None])
                                  for one in examples])
        rows = []
        for number, example in enumerate(examples):
            for system, choose in (('comic', references_of), ('comic_strangers', strangers_of)):
                for count in self._numbers:
                    chosen = choose(number, examples, count)
                    if count == 0 and system == 'comic' or chosen:
                        references = encoded[None, chosen] if chosen else None
                        colored = self._system.colorize(example.fitted[None], [number], temperature,
                                                        references=references)
                        rows.append({'set': name, 'picture': example.name, 'references': count, 'system': system,
                                     **_figures(colored, example)})
        return rows


def _figures(colored, example):
    """Computes the figures of a picture: {name: figure or None}."""
    low_res = colored['low_res'][0]
    true_low = resize.low_resolution(example.color[None], len(low_res))[0].numpy()
    distance = np.abs(colors.from_levels(np.float32(low_res)) - true_low).mean(axis=-1)
    foreground = None
    if example.background is not None:
        shares = resize.shrink(1 - np.float32(example.background)[None, ..., None], len(low_res))[0, ..., 0].numpy()
        foreground = float((distance * shares).sum() / max(shares.sum(), 1))
    return {'l1': metrics.l1(colored['image'][0], example.truth), 'l1_32': float(distance.mean()),
            'foreground_l1_32': foreground}
