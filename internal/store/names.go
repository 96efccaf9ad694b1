package store

import (
	"github.com/kvmbridge/kvmbridge/internal/store/finder"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
)

// Effect is something that WHMCS has to do for us.
type Effect = outbox.Effect

// Mark remembers how far WHMCS's logs reached before a try.
type Mark = outbox.Mark

// MachineRow is one line of the list of machines.
type MachineRow = finder.Row

// Worry is a machine that a person should look at.
type Worry = finder.Worry

// Kinds of effects.
const (
	KindMail     = outbox.KindMail
	KindActivity = outbox.KindActivity
	KindPassword = outbox.KindPassword
	KindWebhook  = outbox.KindWebhook
	KindNote     = outbox.KindNote
)
