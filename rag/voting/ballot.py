"""The count: similarities of candidates to the share of the vote that each label gets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rag.voting.electorate import Candidates, Electorate, Floats, Rows, Weighing


@dataclass(frozen=True, slots=True)
class Count:
    """What came of some votes; one line an input."""

    shares: Floats
    """Of each label, 1 in all; zeros where nobody voted."""
    nearest: Floats
    """Similarity of the nearest that voted for the winner; 1 for one that names an identifier."""
    winner: Rows
    """The label; -1 where nobody voted."""

    @property
    def signal(self) -> Floats:
        """How much speaks for the winner: its share, as far as anything is near at all."""
        found: Floats = self.shares.max(axis=1, initial=0.0) * np.clip(self.nearest, 0.0, 1.0)
        return found


def counted(candidates: Candidates, voters: Electorate, weighing: Weighing) -> Count:
    """The votes of the nearest on each input."""
    scores = _scores(candidates, voters, weighing)
    chosen = _best(scores, weighing.nearest)
    at = np.take_along_axis(candidates.at, chosen, axis=1)
    near = np.take_along_axis(scores, chosen, axis=1)
    votes = _votes(near, at, voters, weighing)
    total = votes.sum(axis=1, keepdims=True)
    shares = np.divide(votes, total, out=np.zeros_like(votes), where=total > 0)
    winner = np.where(total[:, 0] > 0, shares.argmax(axis=1), -1)
    for_winner = (voters.label_of[at] == winner[:, None]) & np.isfinite(near) & (at >= 0)
    nearest = np.where(for_winner, near, 0.0).max(axis=1, initial=0.0)
    return Count(shares, np.clip(nearest, 0.0, 1.0), winner)


def order(candidates: Candidates, voters: Electorate, weighing: Weighing) -> list[list[int]]:
    """The numbers of the voters for each input, the nearest first."""
    scores = _scores(candidates, voters, weighing)
    best = _best(scores, scores.shape[1])
    return [
        [int(line[place]) for place in places if line[place] >= 0]
        for line, places in zip(candidates.at, best, strict=True)
    ]


def _scores(candidates: Candidates, voters: Electorate, weighing: Weighing) -> Floats:
    """Similarity with what identifiers add; minus infinity for nobody."""
    at = candidates.at
    if not len(voters.voters):
        return np.full(at.shape, -np.inf)
    rows = voters.is_row[at]
    bonus = np.where(rows, weighing.defined, weighing.exact) * candidates.exact
    found = (candidates.similarity(weighing.dense) + bonus) * voters.trust[at]
    mute = (at < 0) | (voters.is_guessed[at] & (weighing.guessed <= 0))
    return np.where(mute, -np.inf, found)


def _best(scores: Floats, count: int) -> Rows:
    """Places of the highest in each line; of equal ones the first."""
    found: Rows = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return found


def _votes(near: Floats, at: Rows, voters: Electorate, weighing: Weighing) -> Floats:
    """By label, unscaled."""
    votes = np.zeros((len(at), len(voters.labels)))
    if not at.size or not len(voters.voters):
        return votes
    highest = near.max(axis=1, keepdims=True)
    highest = np.where(np.isfinite(highest), highest, 0.0)
    weights = np.where(np.isfinite(near), np.exp((near - highest) / weighing.warmth), 0.0)
    labels = voters.label_of[at]
    weights *= np.where(voters.is_guessed[at], weighing.guessed, 1.0)
    weights /= voters.counts[labels] ** weighing.even
    np.add.at(votes, (np.arange(len(at))[:, None], labels), weights)
    return votes
