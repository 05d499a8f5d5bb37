/* identity: what only an instruction can tell about the machine. */
#ifndef CROSSBILL_IDENTITY_H
#define CROSSBILL_IDENTITY_H

/* Prints one JSON object: {"hypervisor": true|false|null, "signature": "..."|null}. */
void identity_print(void);

#endif
