package rowedit

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/states"
)

// Fault is what is wrong with one field.
type Fault struct {
	Field string
	Text  string // a sentence
}

// FormErrors are all of them.
type FormErrors []Fault

func (f FormErrors) Error() string {
	texts := make([]string, len(f))
	for i, fault := range f {
		texts[i] = fault.Field + ": " + fault.Text
	}
	return strings.Join(texts, " ")
}

// Sentence is an error for the person who asked.
type Sentence string //nolint:errname // it is what a person is told

func (s Sentence) Error() string { return string(s) }

// check turns what was typed into what is written; nil is NULL. fault is a sentence, "" = it fits.
func (v value) check(typed string) (write any, fault string) {
	typed = strings.ReplaceAll(typed, "\r\n", "\n")
	kind := v.kind(v.text)
	if strings.TrimSpace(typed) == "" && (kind != Text || typed == "") {
		return v.empty(kind)
	}
	if !utf8.ValidString(typed) {
		return nil, "It holds bytes that are no text."
	}
	check := map[Kind]func(string) (string, string){
		Text: anyText, Number: v.number, Decimal: decimal, Date: dated(time.DateOnly, "a day such as 2031-04-05"),
		Moment: dated(time.DateTime, "a moment such as 2031-04-05 06:07:08"), Object: v.object, List: v.object, Status: status,
	}[kind]
	text, fault := check(typed)
	if n := utf8.RuneCountInString(text); fault == "" && v.Room.Valid && int64(n) > v.Room.Int64 {
		fault = fmt.Sprintf("It has %d characters, and the column has room for %d.", n, v.Room.Int64)
	}
	return text, fault
}

// empty is nothing, where the column allows it.
func (v value) empty(kind Kind) (any, string) {
	switch {
	case kind == Status:
		return nil, "The status cannot be empty: enter one of " + statuses() + "."
	case v.nullable():
		return nil, ""
	case kind == Number || kind == Decimal || kind == Date || kind == Moment:
		return nil, "The column cannot be empty."
	}
	return "", ""
}

func anyText(typed string) (string, string) { return typed, "" }

func (v value) number(typed string) (string, string) {
	typed = strings.TrimSpace(typed)
	low, high := v.bounds()
	n, ok := new(big.Int).SetString(typed, 10)
	bottom, _ := new(big.Int).SetString(low, 10)
	top, _ := new(big.Int).SetString(high, 10)
	if !ok || n.Cmp(bottom) < 0 || n.Cmp(top) > 0 {
		return typed, fmt.Sprintf("It must be a whole number from %s to %s.", low, high)
	}
	return n.String(), ""
}

func decimal(typed string) (string, string) {
	typed = strings.TrimSpace(typed)
	if _, err := strconv.ParseFloat(typed, 64); err != nil {
		return typed, "It must be a number such as 12.5."
	}
	return typed, ""
}

func dated(layout, example string) func(string) (string, string) {
	return func(typed string) (string, string) {
		typed = strings.TrimSpace(typed)
		if _, err := time.Parse(layout, typed); err != nil {
			return typed, "It must be " + example + "."
		}
		return typed, ""
	}
}

func status(typed string) (string, string) {
	typed = strings.TrimSpace(typed)
	if !states.Known(pipeline.State(typed)) {
		return typed, fmt.Sprintf("There is no status %.40q: enter one of %s.", typed, statuses())
	}
	return typed, ""
}

func statuses() string {
	var list []string
	for _, s := range states.All() {
		list = append(list, string(s))
	}
	return strings.Join(list, ", ")
}

// object refuses what is no JSON, or JSON of another kind than the column holds.
func (v value) object(typed string) (string, string) {
	var any any
	if err := json.Unmarshal([]byte(typed), &any); err != nil {
		return typed, "It is no valid JSON: " + place(typed, err) + "."
	}
	kind := v.kind(v.text)
	if jsonKind(typed) != kind {
		return typed, map[Kind]string{Object: "It must be a JSON object: { … }.", List: "It must be a JSON list: [ … ]."}[kind]
	}
	return canon(typed), v.shape(typed)
}

// place says where JSON is broken.
func place(typed string, err error) string {
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return strings.TrimSuffix(err.Error(), ".")
	}
	before := typed[:min(int(syntax.Offset), len(typed))]
	return fmt.Sprintf("%s, in line %d", syntax.Error(), strings.Count(before, "\n")+1)
}

// shape looks into objects of which it is known what is in them.
func (v value) shape(typed string) string {
	check, ok := map[string]func(key, text string) string{
		"vm_rev_dns": reverseName, "vm_backup_schedule": weekday, "vm_snapshot_schedule": weekday,
	}[strings.ToLower(v.Name)]
	if !ok {
		return ""
	}
	var entries map[string]string
	if json.Unmarshal([]byte(typed), &entries) != nil {
		return "Every value in it must be a text between quotation marks."
	}
	for key, text := range entries {
		if fault := check(key, text); fault != "" {
			return fault
		}
	}
	return ""
}

func reverseName(key, _ string) string {
	if _, err := netip.ParseAddr(key); err != nil {
		return fmt.Sprintf("%.60q is no IP address: it must hold reverse names by address.", key)
	}
	return ""
}

func weekday(key, text string) string {
	if len(key) != 1 || key < "0" || key > "6" {
		return fmt.Sprintf("%.20q is no day: it must hold times by weekday, from 0 (Sunday) to 6.", key)
	}
	if _, err := time.Parse("15:04", text); err != nil {
		return fmt.Sprintf("%.20q is no time of day such as 03:30.", text)
	}
	return ""
}
