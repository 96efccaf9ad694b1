<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** Says in WHMCS's activity log that the service has been silent for long, and that it is back; each once. */
final class Watch
{
    /** @param bool $answered whether it did at $now, a Unix time; since when it has not, and whether that was told, is kept beside the settings */
    public static function note(bool $answered, int $now): void
    {
        $settings = Settings::load();
        [$since, $told] = explode(' ', ($settings->text('silent') ?: $now) . ' ');
        $minutes = intdiv($now - (int) $since, 60);
        $limit = is_numeric($settings->text('alarm_minutes')) ? (float) $settings->text('alarm_minutes') : 30;
        $late = $told !== '' || ($limit > 0 && $minutes >= $limit);
        $state = $answered ? '' : trim($since . ' ' . ($late ? 'told' : ''));
        $state === $settings->text('silent') || Settings::store('silent', $state);
        if ($answered ? $told !== '' : $late && $told === '') {
            logActivity((new Fault($answered ? 'back' : 'silent', $minutes))->getMessage());
        }
    }
}
