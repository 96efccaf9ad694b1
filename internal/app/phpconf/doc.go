// Package phpconf reads the plain values out of a PHP configuration file such as WHMCS's configuration.php without
// running it. It knows every form in which PHP writes a constant string (quotes, escapes, heredoc, nowdoc, joining
// with "."), and plain numbers and booleans.
//
// It refuses what only running the file could answer: variables inside strings, function calls, assignments inside
// conditions. Such a refusal belongs to its variable alone, so that a file may hold whatever else it likes. Its
// caller is internal/app/config. Changes without an assignment to the variable itself (unset, references, list) are
// not followed.
package phpconf
