"""The path grammar: where every file of a study lies. Nothing else spells a shared path."""

from pathlib import Path

from prospect.base.seals import RESULTS

STUDY = f"{RESULTS}/{{study}}"
PROVENANCE = STUDY + "/provenance.json"
PAGE = STUDY + "/atlas.html"
TABLE = STUDY + "/{table}"
FIGURE = STUDY + "/figures/{figure}.{format}"
FOLDERS = ("figures", "logs", "benchmarks")  # of a study, beside those of its networks
MODEL = STUDY + "/{network}/seed{seed}"
HISTORY = MODEL + "/history.csv"
CHECKPOINT = MODEL + "/checkpoints/epoch{epoch}.safetensors"
AVERAGE = MODEL + "/checkpoints/swa.safetensors"
MIDPOINT = MODEL + "/midpoints/{center}.safetensors"
HESSIAN = MODEL + "/hessian/{center}.h5"
DIRECTION = MODEL + "/directions/{center}/{direction}.h5"
CURVE = MODEL + "/curves/{curve}.h5"
SURFACE = MODEL + "/surfaces/{surface}.h5"
EXPORT = MODEL + "/surfaces/{surface}.{form}"
TRAJECTORY = MODEL + "/trajectories/{surface}/{table}.csv"
POPULATION = MODEL + "/populations/{population}.h5"
SHARD = MODEL + "/shards/{key}/{shard}.h5"  # of a surface or population by its key
GRID = MODEL + "/{key}.h5"  # of a curve or surface by its key
TEST_GRID = MODEL + "/test/{key}.h5"  # the same over the test samples


def log(rule: str, names: str = "{network}-seed{seed}") -> str:
    """Return the path of a rule's logs; `names` tells its jobs apart."""
    return f"{STUDY}/logs/{rule}/{names}.log"


def benchmark(rule: str, names: str = "{network}-seed{seed}") -> str:
    """Return the path of a rule's benchmark tables."""
    return f"{STUDY}/benchmarks/{rule}/{names}.tsv"


def key_of(kind: str, name: str) -> str:
    """Return the key of a curve or surface.

    >>> key_of("curve", "w-peak")
    'curves/w-peak'
    """
    return f"{kind}s/{name}"


def item_of(path: str) -> tuple[str, str]:
    """Return kind and name of what a key or the path of a grid means: curve, surface, population.

    >>> item_of("results/digits/mlp/seed0/curves/w-peak.h5")
    ('curve', 'w-peak')
    """
    *_, folder, name = path.removesuffix(".h5").split("/")
    return folder.removesuffix("s"), name


def without_test(path: str) -> str:
    """Return the path of the grid that one over the test samples goes with."""
    *folders, test, kind, name = path.split("/")
    assert test == "test"
    return "/".join([*folders, kind, name])


def model_of(path: str) -> tuple[str, int]:
    """Return network and seed of a file in a model's folder.

    >>> model_of("results/digits/mlp/seed0/history.csv")
    ('mlp', 0)
    """
    network, seed = Path(path).parts[-3:-1]
    return network, int(seed.removeprefix("seed"))


def checkpoint_of(path: str) -> tuple[str, int, int]:
    """Return network, seed and epoch of a checkpoint.

    >>> checkpoint_of("results/digits/mlp/seed0/checkpoints/epoch5.safetensors")
    ('mlp', 0, 5)
    """
    folder, name = Path(path).parent, Path(path).stem
    return (*model_of(str(folder)), int(name.removeprefix("epoch")))
