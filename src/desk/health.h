/* What the desk answers over HTTP as long as the API is not built in: that it runs. */
#ifndef ENTENTE_DESK_HEALTH_H
#define ENTENTE_DESK_HEALTH_H

#include "net/http.h"

/* GET /api/v1/health: {"status":"ok"}; everything else is not found (404), or another method (405).
 */
struct http_calls health_calls(void);

#endif
