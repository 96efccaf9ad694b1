<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/**
 * The few blocks the shim draws itself, for when the service cannot.
 */
final class Html
{
    public static function escape(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
    }

    /** For clients: what happened, nothing about the inside. */
    public static function unavailable(): string
    {
        return '<div class="kvmbridge"><div class="alert alert-warning">This page is temporarily unavailable. Your virtual '
            . 'machine is not affected. Please try again in a few minutes.</div></div>';
    }

    /** For staff: the sentence that says what to do. */
    public static function fault(string $message): string
    {
        return '<div class="kvmbridge"><div class="alert alert-danger">' . self::escape($message) . '</div></div>';
    }
}
