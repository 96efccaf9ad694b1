package settings

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is what can be typed into a field.
type Kind int

// Kinds.
const (
	Number Kind = iota // a whole number
	Switch             // On or Off
	Choice             // one of Choices
)

// Values of a Switch as they are saved.
const (
	On  = "on"
	Off = "off"
)

// Form is one page of settings, saved as a whole.
type Form string

// Forms, by the names of their pages.
const (
	General Form = "settings"
	Cron    Form = "cron"
)

// Field is one setting.
type Field struct {
	Name     string // in kvmbridge_settings and in forms
	Label    string
	Form     Form
	Group    string
	Kind     Kind
	Default  string
	Min, Max int    // of a Number
	Unit     string // of a Number
	Meaning  string
	Danger   bool // leads to a loss
	Choices  []Option
}

// Option is one of a Choice.
type Option struct{ Value, Label, Meaning string }

// Range says in words what fits, such as "1 to 300 seconds"; "" where everything on offer does.
func (f Field) Range() string {
	if f.Kind != Number {
		return ""
	}
	return f.Limits() + " " + f.Unit
}

// Limits is Range without the unit.
func (f Field) Limits() string { return fmt.Sprintf("%d to %d", f.Min, f.Max) }

// Show is value for people.
func (f Field) Show(value string) string {
	if f.Kind == Number {
		return value + " " + f.Unit
	}
	for _, o := range f.Choices {
		if o.Value == value {
			return o.Label
		}
	}
	return value
}

// clean turns what was typed into what is saved, or says in a sentence what is wrong with it.
func (f Field) clean(typed string) (value, fault string) {
	typed = strings.TrimSpace(typed)
	switch f.Kind {
	case Number:
		n, err := strconv.Atoi(typed)
		if err != nil || n < f.Min || n > f.Max {
			return "", fmt.Sprintf("%s has to be a whole number, %s.", f.Label, f.Range())
		}
		return strconv.Itoa(n), ""
	case Switch:
		return f.cleanSwitch(typed)
	case Choice:
	}
	for _, o := range f.Choices {
		if o.Value == typed {
			return typed, ""
		}
	}
	return "", fmt.Sprintf("Choose one of the kinds of %s.", f.Label)
}

// cleanSwitch: browsers send nothing for a box that is not ticked.
func (f Field) cleanSwitch(typed string) (value, fault string) {
	switch typed {
	case On:
		return On, ""
	case "", Off:
		return Off, ""
	}
	return "", f.Label + " is either on or off."
}
