"""The record of one training run: every choice at one level, every addition present or absent, budget, seed.

It knows no registry. Which levels and tricks exist is known to `gan_core.config`, whose `resolve` makes this record.
"""

import hashlib
import json
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from gan_core.records import Record
from gan_core.schema.ramp import Bounds, Number
from gan_core.schema.sizes import Shape, Sides, Size, shape_of

SEEDS = 2**31  # seeds lie below
# Far above what is trained: BigGAN's largest runs have batches of 2048 and show 3e5 kimg. The networks' memory is
# checked apart from it
MOST_CHANNELS = 65_536
MOST_IMAGES = 65_536  # of a batch
MOST_TRAINING_IMAGES = 10**9
MOST_KIMG = 1e6  # a tick at least every 2 kimg: half a million events
MOST_UPDATES = 1000
MOST_SCORES = 10_000  # each of them an event, a picture and a checkpoint
MOST_SAMPLES = 1_000_000
LATER = (
    "metrics",
    "progress_metrics",
    "precision",
    "deterministic",
    "cuda_graphs",
    "use",
    "max_images",
    "mirror",
    "new_reals_for_g",
    "conditional",
    "conditioning_g",
    "conditioning_d",
    "auxiliary_weight",
)  # settings that came later: in a fingerprint only where they aren't the default


class Config(Record):
    """One training run.

    Make it with `resolve`, which adds the fields of the tricks and the defaults that depend on other settings.

    An architecture may have defaults of its own (`Architecture.defaults`), so that its name alone gives the original.
    """

    data: str = Field("fashion-mnist", description="data set; 'folder': the images in data_dir")
    data_dir: str | None = Field(None, min_length=1, description="folder of images, for data: folder")
    fit: Literal["crop", "stretch"] = Field("crop", description="how images of another aspect come to the size")
    skip_broken: bool = Field(False, description="leave out files of data_dir that are no images; else an error")
    max_images: int | None = Field(
        None,
        ge=2,
        le=MOST_TRAINING_IMAGES,
        description="train on so many images, drawn once and the same for every seed; scores still compare with all",
    )
    mirror: bool = Field(False, description="show each image mirrored too: twice as many, Karras et al. 2020")
    data_scaling: str = Field("unit", description="range of the reals: [-1, 1], or mean 0 and deviation 1")
    image_size: Annotated[Size, Sides(8, 256)] = Field(
        32, description="pixels: a square's side, or [height, width], also written 157x128"
    )

    architecture: str = Field("dcgan", description="pair of networks")
    width: int = Field(
        64, ge=1, le=MOST_CHANNELS, description="channels at half the image's size; 64 is every architecture's own"
    )
    max_width: int = Field(4096, ge=1, le=MOST_CHANNELS, description="cap on the channels (or units) of every layer")
    bias: Literal["where_needed", "all", "none"] = Field(
        "where_needed", description="biases of linear maps: where no normalisation has one, in all, in none"
    )
    latent: str = Field("normal", description="distribution of z: N(0, 1), or U(-1, 1)")
    latent_dim: int = Field(100, ge=1, le=MOST_CHANNELS, description="dimensions of z")
    activation_g: str = Field("relu", description="activation of G")
    activation_d: str = Field("leaky_relu", description="activation of D")
    norm_g: str = Field("batch", description="normalisation in G")
    norm_d: str = Field("batch", description="normalisation in D")
    initialisation_g: str = Field("dcgan", description="initial weights of G; lecun where it has selu")
    initialisation_d: str = Field("dcgan", description="initial weights of D; lecun where it has selu")
    last_activation_d: str = Field("none", description="what D's logit passes through before the loss")

    conditional: bool = Field(False, description="G draws the class that is requested, and D is told it too")
    conditioning_g: str = Field("batch_norm", description="how G is told the class, for conditional: true")
    conditioning_d: str = Field("projection", description="how D is told the class, for conditional: true")
    auxiliary_weight: float = Field(
        1.0, gt=0, description="weight of the classifier's cross-entropy, for conditioning_d: auxiliary"
    )

    loss: str = Field("non_saturating", description="what D and G minimise")
    optimizer_g: str = Field("adam", description="optimizer of G")
    optimizer_d: str = Field("adam", description="optimizer of D")
    lr_g: Annotated[Number, Bounds(gt=0)] = Field(
        2e-4, description="learning rate of G; two rates: TTUR, Heusel et al. 2017, arXiv:1706.08500"
    )
    lr_d: Annotated[Number, Bounds(gt=0)] = Field(
        2e-4, description="learning rate of D; two rates: TTUR, Heusel et al. 2017, arXiv:1706.08500"
    )
    lr_decay: str = Field("constant", description="how both learning rates fall over the budget")
    beta1: Annotated[Number, Bounds(ge=0, lt=1)] = Field(0.5, description="first moment's decay, adam and adamw")
    beta2: Annotated[Number, Bounds(ge=0, lt=1)] = Field(0.999, description="second moment's decay, adam and adamw")
    momentum: float = Field(0.0, ge=0, lt=1, description="momentum, sgd and rmsprop")
    rmsprop_decay: float = Field(0.99, ge=0, lt=1, description="decay of rmsprop's mean square")
    weight_decay_g: float = Field(0.0, ge=0, description="weight decay of G; default: its optimizer's")
    weight_decay_d: float = Field(0.0, ge=0, description="weight decay of D; default: its optimizer's")
    d_steps: int = Field(
        1, ge=1, le=MOST_UPDATES, description="updates of D a step; several: Arjovsky et al. 2017, arXiv:1701.07875"
    )
    g_steps: int = Field(1, ge=1, le=MOST_UPDATES, description="updates of G a step")
    reuse_batch_and_latents: bool = Field(False, description="all updates of a step share one batch and one z")
    new_reals_for_g: bool = Field(
        False,
        description="losses that compare with reals in G's updates: a batch of reals of their own for each, as R3GAN's "
        "code draws them, in place of the last one that D learnt from",
    )
    batch_size: int = Field(
        64, ge=2, le=MOST_IMAGES, description="images an update; large batches: Brock et al. 2019, arXiv:1809.11096"
    )
    precision: str = Field("float32", description="number format of the networks' arithmetic in training")
    deterministic: bool = Field(
        False, description="the same bits twice on one GPU, at some cost in speed; a CPU gives them anyway"
    )
    cuda_graphs: bool = Field(
        False,
        description="capture each update as a CUDA graph; on a CPU, and with tricks that can't be captured, it has no "
        "effect and the result says so",
    )
    budget_kimg: float = Field(
        300.0, gt=0, le=MOST_KIMG, description="real images shown to D in its updates, thousands"
    )

    extractor: str = Field(
        "fmnistcnn",
        description="feature extractor of FID and IS; own-DIGEST: one of `extractor train`; none: a run without scores",
    )
    metrics: tuple[str, ...] = Field(("fid", "is"), description="scores at the end")
    progress_extractor: str | None = Field(None, description="of the scores on the way; default: the same")
    progress_metrics: tuple[str, ...] = Field(("fid", "is"), description="scores on the way")
    progress_evaluations: int = Field(10, ge=1, le=MOST_SCORES, description="scores taken on the way, evenly spaced")
    progress_samples: int = Field(1000, ge=10, le=MOST_SAMPLES, description="fakes of a score on the way")
    full_samples: int = Field(10000, ge=10, le=MOST_SAMPLES, description="fakes of the scores at the end")

    use: tuple[str, ...] = Field((), description="code of the user's own: each file with its digest, NAME.py@DIGEST")
    seed: int = Field(0, ge=0, lt=SEEDS, description="seed of every random stream")

    @property
    def shape(self) -> Shape:
        """(height, width) of the images."""
        return shape_of(self.image_size)

    def with_seed(self, seed: int) -> Self:
        """The same run with another seed, as `resolve` would make it: no other setting depends on the seed.

        Raises ValueError for a number that is no seed.
        """
        if type(seed) is not int or not 0 <= seed < SEEDS:  # `type`: True is no number here
            raise ValueError(f"{seed!r} is no seed: 0 to {SEEDS - 1}")
        return self.model_copy(update={"seed": seed})

    def trick(self, name: str) -> Any:
        """The options of a trick, or None where it is off."""
        return getattr(self, name)

    def plain(self) -> dict[str, Any]:
        """The resolved settings as plain data, without the tricks that are off.

        `resolve` turns it into an equal record.
        """
        return {k: v for k, v in self.model_dump(mode="json").items() if v is not None}

    def fingerprint(self) -> str:
        """16 hex digits that are the same for the same training run, whatever tricks are added to the registry."""
        default = {name for name in LATER if getattr(self, name) == Config.model_fields[name].default}
        content = {name: value for name, value in self.plain().items() if name not in default}
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]
