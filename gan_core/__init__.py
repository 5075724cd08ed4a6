"""A GAN trainer in which every trick is a flag. Start with `gan_core.train.train` and `gan_core.config.resolve`."""

from gan_core import systems as systems
