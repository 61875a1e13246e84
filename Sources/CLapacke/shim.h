#pragma once
// Without these two the complex types are C's, which Swift does not import.
#define HAVE_LAPACK_CONFIG_H
#define LAPACK_COMPLEX_STRUCTURE
#include <lapacke.h>
#include <cblas.h>
