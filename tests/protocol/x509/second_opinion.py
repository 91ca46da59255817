"""What pyhanko-certvalidator says of the same certificate, lists and answers: an independent library."""

from __future__ import annotations

import asyncio
import warnings
from datetime import UTC, datetime

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pyhanko_certvalidator import CertificateValidator, ValidationContext
    from pyhanko_certvalidator.policy_decl import PKIXValidationParams

from tests.protocol.x509.corpus import Shown


def takes(shown: Shown) -> tuple[bool, str]:
    """Whether it takes what is shown, and why not."""
    try:
        return asyncio.run(_takes(shown)), ""
    except Exception as fault:  # noqa: BLE001  # it refuses hostile bytes by exceptions of many kinds
        return False, f"{type(fault).__name__}: {fault}"


async def _takes(shown: Shown) -> bool:
    load = asn1_x509.Certificate.load
    policy = shown.policy
    context = ValidationContext(
        trust_roots=[load(each) for each in policy.anchors],
        other_certs=[load(each) for each in policy.intermediates],
        moment=datetime.fromtimestamp(shown.at, UTC),
        allow_fetching=False,
        crls=[asn1_crl.CertificateList.load(each, strict=True) for each in shown.crls],
        ocsps=[asn1_ocsp.OCSPResponse.load(data, strict=True) for _, _, data in shown.answers],
        revocation_mode="require" if policy.hard else "soft-fail",
        weak_hash_algos={"md2", "md5", "sha1"},
    )
    wanted = PKIXValidationParams(
        user_initial_policy_set=policy.policies or frozenset({"any_policy"}),
        initial_explicit_policy=bool(policy.policies),
    )
    validator = CertificateValidator(
        load(shown.leaf, strict=True), validation_context=context, pkix_params=wanted
    )
    await validator.async_validate_usage({"digital_signature"}, {"client_auth"}, False)
    return True
