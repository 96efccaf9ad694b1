// Package keeping makes, uses and removes the snapshots and backups of machines: by their weekly plans, by their lifetime and
// because somebody asks. It owns the deeds, a durable table of what is under way, and the phases that each goes through.
//
// A deed is carried by whoever looks at it: Run of any replica, or one of the five tasks of cron. Everything it knows is in
// its row, so that it goes on where it stood after a restart. What Proxmox was asked is written down before the call, the
// task's id after it; when that is missing the world is looked at before anything is asked twice. While a deed runs it has
// the machine for itself: it holds the lease that internal/pipeline works under, so that whatever is ordered meanwhile waits,
// except a termination and the like, which end the deed.
//
// A backup is marked in its notes with its deed, its try and its owner; what does not carry the owner's mark, and is not
// proven to be of the guest by the configuration inside, neither counts nor is ever removed. internal/retention says when and which.
package keeping
