<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** What each entry point of the addon answers. */
final class AddonModule
{
    public static function config(): array { return self::texts()['config']; }

    /** Succeeds without the service, which can only be paired once the secret exists. */
    public static function activate(): array
    {
        try {
            Settings::load()->text('secret') === '' && Settings::store('secret', bin2hex(random_bytes(32)));
        } catch (\Throwable $error) {
            return self::outcome('activate', ['reason' => 'secret', 'message' => $error->getMessage()]);
        }
        return self::outcome('activate', Funnel::ask(Settings::ADDON, '/v1/addon/Activate', Payload::base()));
    }

    /** The tables stay unless the setting says otherwise; dropping them is the service's job. */
    public static function deactivate(): array
    {
        $drop = Settings::load()->text('delete_tables') === 'on';
        return self::outcome($drop ? 'drop' : 'keep', Funnel::ask(Settings::ADDON, '/v1/addon/Deactivate', Payload::base(['drop_tables' => $drop])));
    }

    /** A failure is in the module log; the service says itself what is to be migrated when it starts. */
    public static function upgrade(array $vars): void { Funnel::ask(Settings::ADDON, '/v1/addon/Upgrade', Payload::base(['from' => (string) ($vars['version'] ?? '')])); }

    public static function output(array $vars): string
    {
        $answer = Visit::answer((string) ($vars['modulelink'] ?? ''), true, static fn (array $args, array $secrets): array
            => Funnel::ask(Settings::ADDON, '/v1/addon/Output', Payload::base($args), $secrets));
        return Funnel::text($answer, 'html') . Fault::html($answer['message']);
    }

    /** What addon.json has for the answer's reason. */
    private static function outcome(string $what, array $answer): array
    {
        $known = self::texts()[$what];
        [$status, $text] = $known[$answer['reason']] ?? $known['else'];
        return ['status' => $status, 'description' => sprintf($text, ROOTDIR, $answer['message'])];
    }

    private static function texts(): array { return json_decode((string) file_get_contents(__DIR__ . '/addon.json'), true); }
}
