package keeping

import (
	"fmt"
	"strings"
)

// maxNote is how many characters of a person's text go into a backup's notes or a snapshot's description.
const maxNote = 200

// notes are the first line of a backup's notes: a text, the deed and its try, and the mark of the owner.
func (w *work) notes() string {
	text := w.Note
	if !w.Slot.IsZero() {
		text = "Scheduler: " + w.Slot.String()
	}
	return strings.TrimLeft(text+" "+w.tag()+" "+w.mark, " ")
}

// tag is what tells the backup of one try from all others.
func (w *work) tag() string { return fmt.Sprintf("#%d-%d", w.ID, w.Attempt) }

// tidy makes one line of a person's text, and keeps it from looking like a mark: a backup with two owners would be nobody's.
func tidy(text string) string {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, "kvmbridge:", "kvmbridge ")), " ")
	if runes := []rune(text); len(runes) > maxNote {
		text = strings.TrimSpace(string(runes[:maxNote]))
	}
	return text
}

// Text is what a person wrote into the notes of a backup, without the words that kvmbridge added at their end.
func Text(notes string) string {
	words := strings.Fields(notes)
	for len(words) > 0 && (strings.HasPrefix(words[len(words)-1], "kvmbridge:") || isTag(words[len(words)-1])) {
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}

func isTag(word string) bool {
	var id, try int64
	n, err := fmt.Sscanf(word, "#%d-%d", &id, &try)
	return err == nil && n == 2 && word == fmt.Sprintf("#%d-%d", id, try)
}
