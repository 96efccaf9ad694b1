// Package zones holds what a person configures about a DNS zone: its name, its provider and the provider's fields. It checks
// what was typed and keeps secrets from being shown, or sent where they were not entered for. It opens no connection.
package zones
