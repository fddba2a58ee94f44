#pragma once
// SHA256_CTX, whose state can be kept, is out of favour since OpenSSL 3.0 and stays in its ABI.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
