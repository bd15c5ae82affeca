"""SetFit on few texts a class, in a process and an environment of its own; a JSON file in, one out.

Run by `tests.bench.classifier_few`, never imported: SetFit is no dependency of ours.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

PAIRS, BATCH = 20, 16
"""The paper's: pairs for each text of the training, and how many in a step."""


def main() -> None:
    """Fit, answer, tell what it cost."""
    asked, answered = (Path(name) for name in sys.argv[1:])
    answered.write_text(json.dumps(_answers(json.loads(asked.read_text()))))


def _answers(wanted: dict[str, Any]) -> dict[str, Any]:
    import torch
    from datasets import Dataset  # type: ignore[import-not-found]
    from setfit import SetFitModel, Trainer, TrainingArguments  # type: ignore[import-not-found]

    torch.set_num_threads(wanted["threads"])
    torch.manual_seed(wanted["seed"])
    model = SetFitModel.from_pretrained(wanted["model"], local_files_only=True)
    rows = Dataset.from_dict({"text": wanted["texts"], "label": wanted["labels"]})
    settings = TrainingArguments(
        output_dir=wanted["folder"],
        batch_size=BATCH,
        num_epochs=1,
        num_iterations=PAIRS,
        max_steps=wanted["steps"],
        seed=wanted["seed"],
        report_to="none",
        show_progress_bar=False,
    )
    began = time.process_time()
    Trainer(model=model, args=settings, train_dataset=rows).train()
    trained = time.process_time() - began
    found = [int(label) for label in model.predict(wanted["unseen"])]
    return {"found": found, "seconds": trained}


if __name__ == "__main__":
    main()
