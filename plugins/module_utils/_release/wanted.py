# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the wanted release of a service from the parameters of the module service_release."""

from __future__ import annotations

import json

from .release import Release
from .service_module import ServiceModule
from .specification import Health, Series, Specification, built_name, make_release, pinned


def image_of(module: ServiceModule) -> str:
    """Return the image by its digest, or by the name of what it is built from.

    If the registry could not be asked, what runs stays, and then what the host has.
    """
    params = module.params
    image, arguments = params["image"], params["build_arguments"]
    if params["context"]:
        return built_name(params["service"], image, params["context"], arguments)
    if params["digest"] or "@" in image:
        return pinned(image, params["digest"])
    present = module.store.present()
    former = Specification.of(present) if present else None
    images = module.service.images
    if former and former.requested == image and images.id_of(former.image):
        return former.image
    if not module.check_mode and not images.id_of(image):
        images.pull(image)
    return pinned(image, images.local_digest(image))


def wanted_release(module: ServiceModule) -> Release:
    """Return the release that the parameters describe; a SpecificationError says what is wrong."""
    params = module.params
    health = {**params["health"], "statuses": tuple(params["health"].get("statuses") or ())}
    words = {name: tuple(params["series"].get(name) or ()) for name in ("command", "notes")}
    series = {**params["series"], **words}
    specification = Specification(
        service=params["service"],
        requested=params["image"],
        image=image_of(module),
        owner=params["owner"],
        health=Health(**health, ready_path=params.get("ready_path", "")),
        test=tuple(params["test"]),
        series=Series(**series),
        first_command=tuple(params["first_command"]),
        build_arguments=params["build_arguments"],
    )
    return make_release(
        specification,
        params["compose"],
        params["files"],
        params["secrets"],
        json.loads(params["environment"]),
        params["context"],
        module.store.key(make=not module.check_mode),
    )
