"""A user's own code, in a file that the user names: `register` adds a record, `pair` makes one of two networks."""

from gan_core.plugins.pair import pair as pair
from gan_core.plugins.registration import register as register
