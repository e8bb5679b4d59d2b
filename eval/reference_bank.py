"""The references of a chapter: those that the user gives, and panels that were colored before.

The bank holds few references, however long the chapter is. Those that the user gives always stay. Of earlier panels
those stay that later panels look at, such as the first appearance of a character that comes again.
"""

import typing

import cv2
import numpy as np

from models.low_res_colorizer.references import REFERENCES

EARLIER = 8  # the most earlier panels in a bank; more of them take more time (our choice)
_DECAY = .9  # share of its score that an earlier panel keeps from panel to panel (our choice)
_THUMBNAIL = 128  # pixels; the most of a thumbnail's side


class Member(typing.NamedTuple):
    """A reference in a bank.

    Example:
      >>> Member(np.zeros((32, 32, 68), np.float32), np.zeros((128, 128, 3), np.uint8), 'sheet.png').name
      'sheet.png'
    """

    encoded: np.ndarray  # float32 [L, L, K + 4], see `systems.LocalSystem.encode_references`
    thumbnail: np.ndarray  # uint8 [T, T, 3], its colors with its lines
    name: str


def member(encoded, drawing, color, name):
    """Makes a member.

    Args:
      encoded, name: see `Member`.
      drawing: uint8 [S, S], its line art.
      color: uint8 [S, S, 3], its colors.
    Returns:
      A `Member`.
    """
    thumbnail = cv2.multiply(color, cv2.cvtColor(drawing, cv2.COLOR_GRAY2RGB), scale=1 / 255)
    side = min(_THUMBNAIL, len(thumbnail))
    return Member(np.array(encoded), cv2.resize(thumbnail, (side, side), interpolation=cv2.INTER_AREA), name)


def encode(references, system):
    """Encodes the references that a user gives.

    Args:
      references: list of `reference_files.Reference`.
      system: see `coloring.Run`.
    Returns:
      List of `Member`.

    Example:
      >>> encode([], system=None)
      []
    """
    if not references:
        return []
    encoded = system.encode_references(np.stack([one.drawing for one in references]),
                                       np.stack([one.color for one in references]))
    return [member(of, one.drawing, one.color, one.name) for of, one in zip(encoded, references, strict=True)]


class Bank:
    """The references of one chapter.

    An earlier panel has a score: the confidence of all places that looked at it. From panel to panel it decays. A new
    panel begins with the score of one that all places look at. Of more than `EARLIER`, the lowest scores leave.

    Args:
      given: list of `Member`, at most `REFERENCES`; they always stay.
      grows: whether earlier panels become references.

    Example:
      >>> bank = Bank(given=[], grows=True)
      >>> panel = member(np.zeros((8, 8, 5)), np.zeros((64, 64), np.uint8), np.zeros((64, 64, 3), np.uint8), 'page 1')
      >>> bank.add([panel], match=np.full((1, 8, 8), -1), confidence=np.zeros((1, 8, 8)))
      >>> bank.references().shape, len(bank.members)
      ((1, 8, 8, 5), 1)
    """

    def __init__(self, given, grows):
        self._given, self._grows = list(given), grows
        self._earlier, self._scores = [], np.zeros(0)

    @property
    def members(self):
        """List of `Member`, in the order of `references`."""
        return [*self._given, *self._earlier]

    def references(self):
        """Gives what the networks take: float32 [R, L, L, K + 4], or None without references."""
        return np.stack([one.encoded for one in self.members]) if self.members else None

    def add(self, panels, match, confidence):
        """Adds the panels of a batch.

        Args:
          panels: list of B `Member`.
          match: int [B, L, L], places in `references`, and in the batch after them; -1 for none.
          confidence: float [B, L, L] in [0, 1].
        """
        if not self._grows:
            return
        first, places = len(self._given), match.shape[1] * match.shape[2]
        for of, at in zip(confidence, match, strict=True):
            looked = np.bincount(at[at >= 0] // places, of[at >= 0], first + len(self._scores))[first:]
            self._scores = np.append(_DECAY * self._scores + looked, places)
        self._earlier += panels
        while len(self._earlier) > min(EARLIER, REFERENCES - first):
            lowest = self._scores.argmin()  # the oldest of several
            del self._earlier[lowest]
            self._scores = np.delete(self._scores, lowest)
