package store

import (
	"github.com/kvmbridge/kvmbridge/internal/store/finder"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
)

// What the parts of a DB hand out, by the name of the whole.
type (
	Effect     = outbox.Effect
	Mark       = outbox.Mark
	MachineRow = finder.Row
)

// Kinds of effects.
const (
	KindMail     = outbox.KindMail
	KindActivity = outbox.KindActivity
	KindPassword = outbox.KindPassword
	KindWebhook  = outbox.KindWebhook
	KindNote     = outbox.KindNote
)
