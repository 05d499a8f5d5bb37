/* identity.h: makes a child of the recorder the invoking user, without our privileges. */
#ifndef CROSSBILL_IDENTITY_H
#define CROSSBILL_IDENTITY_H

/*
 * For the child, before its execve: becomes the user behind sudo, or drops what our own file's
 * capabilities gave us. Returns 0, or -errno when any privilege would be left: then do not go on.
 */
int identity_become_user(void);

#endif
