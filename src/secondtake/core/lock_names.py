"""The lock that an environment is built from, where there is more than one to choose from.

A second lock is chosen by a person: of Bark, the same packages with a PyTorch that knows newer
graphics cards; of the lyrics, the packages with weights from a publisher whom nobody knows in them.
"""

import os
from collections.abc import Mapping

from secondtake.core.errors import UserError
from secondtake.core.validation import did_you_mean, shorten_repr

# By environment, in order: the first is taken where its variable names none.
LOCKS = {"bark": ("bark", "bark_cu128"), "lyrics": ("lyrics", "lyrics_packaged")}


def lock_variable(environment: str) -> str:
    """The variable that chooses an environment's lock: SECONDTAKE_BARK_LOCK."""
    return f"SECONDTAKE_{environment.upper()}_LOCK"


VARIABLES = tuple(map(lock_variable, LOCKS))
OTHER_LOCKS = tuple(name for names in LOCKS.values() for name in names[1:])


def lock_names(environment: str) -> tuple[str, ...]:
    """The locks that an environment can be built from, its usual one first."""
    return LOCKS.get(environment, (environment,))


def lock_name(environment: str, environ: Mapping[str, str] = os.environ) -> str:
    """The lock in force: the one that the environment's variable names, else the usual one.

    UserError, with the locks there are, if the variable names none of them.
    """
    names = lock_names(environment)
    if len(names) == 1:
        return names[0]
    variable = lock_variable(environment)
    chosen = environ.get(variable, "").strip() or names[0]
    if chosen not in names:
        raise UserError(f"{variable}={shorten_repr(chosen)}: {did_you_mean(chosen, names)}")
    return chosen


def newer_build_hint(environment: str) -> str:
    """What to type for the lock whose PyTorch knows newer graphics cards; "" where there is none,
    or where it is in force."""
    names = lock_names(environment)
    if lock_name(environment) == names[-1]:
        return ""
    chosen = f"{lock_variable(environment)}={names[-1]}"
    return f"write {chosen} into .env, then type: invoke setup --models {environment}"
