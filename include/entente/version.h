/* The version of libentente that this header belongs to. */
#ifndef ENTENTE_VERSION_H
#define ENTENTE_VERSION_H

#define ENTENTE_VERSION_MAJOR 0
#define ENTENTE_VERSION_MINOR 1
#define ENTENTE_VERSION_PATCH 0
#define ENTENTE_VERSION_TEXT "0.1.0"

#endif
