"""How long, how strong and how often something must be before it is called evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace

FULL_S = 300.0
"""From this length on the defaults hold as they are; they are made for ten minutes at 1 Hz."""
SHORTEST_SCALE = 0.1


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """Durations in seconds, strengths in robust sigmas of the machine's own baseline."""

    block_s: float = 10.0
    """Levels are compared block by block, and once more by `long_blocks` of them together."""
    long_blocks: int = 6
    shift_sigmas: float = 6.0
    """A level this far off, in sigmas of the baseline's own block levels, is a shift."""
    shift_reach: float = 1.5
    """... and this many times further than any block of the baseline ever was."""
    strong_sigmas: float = 8.0
    """Beyond this, in sigmas of single samples, a lasting shift is a warning."""
    margin_share: float = 0.8
    """Where a limit is declared, a shift is a warning once it has used this share of the room."""
    step_rise_s: float = 30.0
    """A change that takes longer than this is a drift."""
    persist_s: float = 60.0
    settle_s: float = 60.0
    """A shift that begins this soon after a change of state is no warning."""
    state_guard_s: float = 20.0
    """Left out after a change of state, so that run-up and run-down are no evidence."""
    state_lead_s: float = 2.0
    """Left out before it: the wires are not in step."""
    limit_min_s: float = 3.0
    limit_bursts: int = 3
    """This many shorter crossings count as one violation too."""
    limit_hysteresis: float = 0.02
    """Share of the distance between the limits (or of the limit) to fall back before it ends."""
    merge_s: float = 60.0
    """Findings of one signal and kind that are closer than this are one."""
    silence_intervals: float = 5.0
    silence_floor_s: float = 15.0
    stuck_s: float = 60.0
    stuck_runs: float = 5.0
    """A value must stand still this many times longer than it ever did in the baseline."""
    spike_sigmas: float = 10.0
    spike_reach: float = 2.0
    """... and this many times further than any spike of the baseline."""
    noise_s: float = 60.0
    noise_ratio: float = 3.0
    noise_reach: float = 1.5
    """... and this many times more than in any stretch of the baseline."""
    swing_share: float = 0.5
    """A stretch swings if this much of its movement is of one period ..."""
    swing_reach: float = 2.0
    """... and if it swings this many times more than any stretch of the baseline ..."""
    swing_sigmas: float = 1.5
    """... and by this many sigmas of single samples ..."""
    swing_cycles: float = 5.0
    """... for this many periods."""
    swing_pause_s: float = 3600.0
    """A swing that goes on after a pause of the machine this long is the same."""
    chatter_count: int = 3
    chatter_s: float = 60.0
    """ISA-18.2: three or more in a minute."""
    flood_count: int = 10
    flood_s: float = 600.0
    """ISA-18.2: more than ten alarms in ten minutes."""
    flood_end_count: int = 5
    """... until there are fewer than this in ten minutes."""
    standing_s: float = 86_400.0
    """ISA-18.2: stale after 24 hours."""
    standing_through_s: float = 3600.0
    """An alarm that was up all through a window of at least this length stands, too."""
    fleeting_s: float = 10.0
    """An alarm that was away again in less time is fleeting."""
    chain_gap_s: float = 15.0
    """Alarms of a trip chain follow each other within this time."""
    chain_lead_s: float = 60.0
    """The first of them comes at most this long before the trip."""
    chain_codes: int = 3
    """Fewer different alarms are no chain."""
    max_codes: int = 12
    """Most codes that one item names."""
    code_length: int = 100
    baseline_min_samples: int = 20
    baseline_min_s: float = 15.0
    state_signal: str = "state"
    max_items: int = 40
    max_quotes: int = 3
    quote_length: int = 200

    def scaled(self, factor: float) -> EvidenceSettings:
        """The same for a machine whose clock runs `1/factor` times as fast.

        Silence, chattering, flood and standing alarms keep their wall-clock meaning.
        """
        return replace(
            self,
            block_s=max(self.block_s * factor, 1.5),
            step_rise_s=max(self.step_rise_s * factor, 4.0),
            persist_s=max(self.persist_s * factor, 6.0),
            settle_s=max(self.settle_s * factor, 6.0),
            state_guard_s=max(self.state_guard_s * factor, 3.0),
            limit_min_s=max(self.limit_min_s * factor, 1.5),
            merge_s=max(self.merge_s * factor, 6.0),
            stuck_s=max(self.stuck_s * factor, 10.0),
            noise_s=max(self.noise_s * factor, 6.0),
            swing_pause_s=self.swing_pause_s * factor,
        )

    @classmethod
    def fitting(cls, length_s: float) -> EvidenceSettings:
        """The defaults, shortened for a window or baseline of less than five minutes."""
        share = min(1.0, max(SHORTEST_SCALE, length_s / FULL_S))
        return cls() if share == 1.0 else cls().scaled(share)
