/* One fact of each type, with no field at zero, for the tests of their form. */
#ifndef ENTENTE_TESTS_SUPPORT_FACTS_H
#define ENTENTE_TESTS_SUPPORT_FACTS_H

#include "format/fact.h"

/* The types of facts, by index from 0; 0 beyond the last. */
uint16_t facts_type(unsigned index);

/* A fact that is good for every type; what a type does not have is simply not written. */
void facts_sample(struct fact *fact, uint16_t type);

#endif
