"""How often a fake is of the class that was requested, by the extractor's classifier.

It reads what the classifier says and not how sure it is, and is the accuracy of the classifier on fakes: that on real
images (the floor "real images") is its natural upper end, though a G that exaggerates what the classifier looks for may
lie above. Classification accuracy of generated images: Odena et al. 2017 (arXiv:1610.09585, section 4.1). The
extractor's classes must be the data's.
"""

from gan_core.evaluation.generated import Sample
from gan_core.evaluation.metrics.record import Metric, Options, Value
from gan_core.evaluation.reals import Reals


def measure(reals: Reals, fakes: Sample, options: Options) -> dict[str, Value]:
    """In [0, 1]; chance is about one over the number of classes."""
    agrees = fakes.logits.argmax(dim=1) == fakes.labels
    return {"label_agreement": Value(float(agrees.double().mean()))}


LABEL_AGREEMENT = Metric(
    name="label_agreement",
    title="Share of images of the requested class",
    bounds=(0, 1),
    paper="Odena et al. 2017, arXiv:1610.09585, section 4.1",
    cost="nothing",
    reads="logits",
    needs_reference=False,
    options=lambda n_fake, n_real: {},
    measure=measure,
    keeps=("logits",),
    needs_labels=True,
)
