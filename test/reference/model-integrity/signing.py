"""The real model_signing package. Usage: signing.py sign|verify DIR SIGNATURE KEY. Prints OK, or ends with its error."""
import sys

import model_signing

action, folder, signature, key = sys.argv[1:]
if action == "sign":
    model_signing.signing.Config().use_elliptic_key_signer(private_key=key).sign(folder, signature)
else:
    model_signing.verifying.Config().use_elliptic_key_verifier(public_key=key).verify(folder, signature)
print("OK")
