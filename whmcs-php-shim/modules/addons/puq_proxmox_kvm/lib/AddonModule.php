<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

use WHMCS\Database\Capsule;

/**
 * What each entry point of the addon answers.
 */
final class AddonModule
{
    public const VERSION = '0.1.0';

    public static function config(): array
    {
        $text = static function (string $name, string $type, string $default, string $about): array {
            return ['FriendlyName' => $name, 'Type' => $type, 'Size' => '60', 'Default' => $default, 'Description' => $about];
        };
        return [
            'name' => ServerModule::TITLE,
            'description' => 'IP pools, DNS zones and virtual machines of the puqProxmoxKVM server module.',
            'version' => self::VERSION,
            'author' => 'kvmbridge',
            'language' => 'english',
            'fields' => [
                'sidecar_urls' => $text('Service addresses', 'text', Settings::DEFAULT_URL, 'Where kvmbridge listens: http://host:port, '
                    . 'https://host:port or unix:///path; several separated by commas, tried in this order.'),
                'connect_timeout' => $text('Connect timeout', 'text', '2', 'Seconds to wait for a connection, 10 at most.'),
                'total_timeout' => $text('Total timeout', 'text', '10', 'Seconds to wait for an answer, 25 at most.'),
                'secret' => $text('Shared secret', 'password', '', 'Created by activation. The service reads it from here.'),
                'secret_next' => $text('Next shared secret', 'password', '', 'Also accepted, while the secret is being replaced.'),
                'callback_url' => $text('Callback address', 'text', '', 'Where the service finds this addon\'s callback.php. '
                    . 'Empty: the WHMCS System URL + modules/addons/' . Settings::ADDON . '/callback.php.'),
                'api_admin' => $text('API user', 'text', '', 'Admin user name for mails sent by the service. Usually empty.'),
                'delete_tables' => $text('Delete all database tables', 'yesno', '', 'On deactivation drop the tables and all '
                    . 'records of virtual machines. The machines themselves stay.'),
            ],
        ];
    }

    /** Succeeds without the service: it can only start once the secret exists, and makes its tables when it does. */
    public static function activate(): array
    {
        try {
            self::createSecret();
        } catch (\Throwable $error) {
            return ['status' => 'error', 'description' => 'The shared secret could not be stored: ' . $error->getMessage()];
        }
        try {
            $message = self::ask('Activate', [])['message'] ?? '';
            return ['status' => 'success', 'description' => is_string($message) && $message !== '' ? $message
                : 'The kvmbridge service is connected and its tables are ready.'];
        } catch (\Throwable $error) {
            return ['status' => 'info', 'description' => 'Activated, and the shared secret is stored. Now run "kvmbridge serve '
                . '--whmcs ' . (defined('ROOTDIR') ? ROOTDIR : '/path/to/whmcs') . '" on this machine; it creates its tables '
                . 'when it starts. (' . $error->getMessage() . ')'];
        }
    }

    /** The tables stay unless the setting says otherwise; dropping them is for the service to do. */
    public static function deactivate(): array
    {
        $drop = false;
        try {
            $drop = Settings::load()->isOn('delete_tables');
            $message = self::ask('Deactivate', ['drop_tables' => $drop])['message'] ?? '';
            return ['status' => 'success', 'description' => is_string($message) && $message !== '' ? $message : 'Deactivated.'];
        } catch (\Throwable $error) {
            return $drop
                ? ['status' => 'error', 'description' => 'The tables were not dropped. ' . $error->getMessage()]
                : ['status' => 'success', 'description' => 'Deactivated. All tables and virtual machines were kept.'];
        }
    }

    public static function upgrade(array $vars): void
    {
        try {
            self::ask('Upgrade', ['from' => is_scalar($vars['version'] ?? null) ? (string) $vars['version'] : '']);
        } catch (\Throwable $error) {
            // The module log has it; the service brings its tables up to date by itself when it starts.
        }
    }

    public static function output(): string
    {
        $page = $_GET['page'] ?? 'home';
        try {
            $html = self::ask('Output', ['page' => is_string($page) ? $page : 'home'])['html'] ?? null;
            return is_string($html) ? $html : Html::fault('The kvmbridge service sent no page. Look into its log.');
        } catch (\Throwable $error) {
            return Html::fault($error->getMessage());
        }
    }

    private static function ask(string $function, array $args): array
    {
        return Funnel::ask(Settings::ADDON, '/v1/addon/' . $function, Payload::base($args));
    }

    private static function createSecret(): void
    {
        if (Settings::load()->text('secret') === '') {
            Capsule::table('tbladdonmodules')->updateOrInsert(
                ['module' => Settings::ADDON, 'setting' => 'secret'],
                ['value' => bin2hex(random_bytes(32))]
            );
        }
    }
}
