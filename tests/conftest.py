"""Shared by all tests: the repository's root, real data where it is, and a model small as can be."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


# Models are so small that a second thread, of ours or of a child, only takes another test's time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell that starts tests in the background has Ctrl-C ignored, also by what the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_teardown() -> None:
    """A stage under test takes as many threads as params say; the next test has one again."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """A folder to copy from, by its name: the first worker that wants it makes it, for all."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder(name: str, make: Callable[[Path], None]) -> Path:
        made, making = base / f"once-{name}", base / f"once-{name}-making"
        with FileLock(f"{made}.lock"):
            if not made.exists():
                shutil.rmtree(making, ignore_errors=True)
                making.mkdir()
                make(making)
                making.rename(made)
        return made

    return folder


@pytest.fixture(scope="session")
def sgd() -> Path:
    """Folder of the Schema-Guided Dialogues, real conversations."""
    path = SHARED / "data" / "sgd"
    if not path.is_dir():
        pytest.skip("the real dialogues (../shared/data/sgd) are not here")
    return path


@pytest.fixture(scope="session")
def tinystories() -> Path:
    """Folder of a small real pretrained model."""
    path = SHARED / "models" / "tinystories-260k"
    if not path.is_dir():
        pytest.skip("the real weights (../shared/models/tinystories-260k) are not here")
    return path


@pytest.fixture(scope="session")
def prefect_home(once: Callable[..., Path]) -> Callable[[Path], Path]:
    """Makes homes for Prefect whose database is there: making one takes many seconds, a copy none."""

    def upgraded(home: Path) -> None:
        upgrade = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "--yes"]
        clean = {name: value for name, value in os.environ.items() if name[:8] != "PREFECT_"}
        env = {**clean, "PREFECT_HOME": str(home)}
        subprocess.run(upgrade, env=env, cwd=home, check=True, capture_output=True)

    return lambda folder: Path(shutil.copytree(once("prefect", upgraded), folder))


@pytest.fixture(scope="session")
def tokenizer_with() -> Callable[..., Any]:
    """A byte-level tokenizer of 256 bytes and the marks that a template needs."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    def build(template: str | None, special: tuple[str, ...] = ("<|im_start|>",)) -> Any:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=320,
            special_tokens=["<|pad|>", "<|im_end|>", *special],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(["where is my order", "your order left us today"], trainer)
        fast = PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            pad_token="<|pad|>",
            eos_token="<|im_end|>",
            additional_special_tokens=list(special),
        )
        fast.chat_template = template
        return fast

    return build


@pytest.fixture(scope="session")
def chatml(tokenizer_with: Callable[..., Any]) -> Any:
    return tokenizer_with(CHATML)


@pytest.fixture
def small_model(chatml: Any) -> Any:
    """A GPT-2 of two layers with fixed random weights."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(chatml), n_positions=128, n_embd=32, n_layer=2, n_head=2,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        eos_token_id=chatml.eos_token_id, pad_token_id=chatml.pad_token_id,
    )  # fmt: skip
    return GPT2LMHeadModel(config).eval()
