"""From a folder or the registry to what answers, and following the alias.

models_of("chatloop", None, params.serve.engine).follow()
"""

from chatloop.params.serving import EngineParams
from chatloop.serve.loading.holder import FollowedModels
from chatloop.serve.loading.releases import Release, source_of
from chatloop.serve.model import Model


def models_of(name: str, pinned: str | None, params: EngineParams) -> FollowedModels:
    """What serves the champion of a registered model, or `pinned`: a folder, or a version's number.

    Call `follow` on it; until something is loaded `choose` raises NoModelError.

    Raises:
        UserError: what is pinned is not there.
    """

    def load(release: Release) -> Model:
        from chatloop.serve.loading.version import load

        return load(release.fetch(), release.version, params)

    return FollowedModels(
        name, source_of(name, pinned), load, params.candidate_share, params.follow_seconds
    )
