<?php

declare(strict_types=1);

namespace Devhost;


/** The frame around every page, for staff and for clients, and who may see it. */
final class Page
{
    private const ADMIN_MENU = ['index.php' => 'Home', 'clientshostinglist.php' => 'Services', 'configproducts.php' => 'Products',
        'configservers.php' => 'Servers', 'configaddonmods.php' => 'Addon Modules', 'modulequeue.php' => 'Module Queue',
        'systemactivitylog.php' => 'Activity Log', 'systemmodulelog.php' => 'Module Log', 'systememaillog.php' => 'Emails'];
    private const CLIENT_MENU = ['clientarea.php' => 'My Services', 'cart.php' => 'Order', 'clientarea.php?action=emails' => 'My Emails'];

    /** Sends the browser to the log-in page unless an admin is logged in. */
    public static function requireAdmin(): object
    {
        return Session::admin() ?? self::redirect('login.php');
    }

    public static function requireClient(): object
    {
        return Session::client() ?? self::redirect('login.php?goto=' . urlencode(basename($_SERVER['REQUEST_URI'])));
    }

    /** A posted form with the right token; false for a plain view. */
    public static function isPost(): bool
    {
        if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
            return false;
        }
        Session::checkToken();
        return true;
    }

    public static function redirect(string $url)
    {
        header("Location: $url", true, 302);
        exit;
    }

    public static function admin(string $title, string $html): void
    {
        $menu = self::menu(self::ADMIN_MENU);
        foreach (Addons::all() as $addon) {
            if (Addons::isActive($addon)) {
                $menu .= '<li>' . Html::link("addonmodules.php?module=$addon", (string) Addons::config($addon)['name']) . '</li>';
            }
        }
        $admin = Session::admin();
        $who = $admin ? Html::e($admin->username) . ' ' . Html::link('logout.php', 'Logout') : '';
        self::frame("$title - Admin", '../assets/devhost.css', 'admin', $admin ? $menu : '', $who, "<h1>" . Html::e($title) . "</h1>$html");
    }

    public static function client(string $title, string $html): void
    {
        $client = Session::client();
        $who = $client
            ? "Hello, $client->firstname! " . Html::link('logout.php', 'Logout')
            : Html::link('login.php', 'Login');
        self::frame($title, 'assets/devhost.css', 'client', self::menu(self::CLIENT_MENU), $who, "<h1>" . Html::e($title) . "</h1>$html");
    }

    public static function stop(int $status, string $title, string $text): void
    {
        http_response_code($status);
        defined('ADMINAREA') ? self::admin($title, Html::alert('danger', $text)) : self::client($title, Html::alert('danger', $text));
        exit;
    }

    private static function menu(array $items): string
    {
        $html = '';
        foreach ($items as $url => $label) {
            $html .= '<li>' . Html::link($url, $label) . '</li>';
        }
        return $html;
    }

    private static function frame(string $title, string $css, string $area, string $menu, string $who, string $body): void
    {
        header('Content-Type: text/html; charset=utf-8');
        $head = implode('', Hooks::run($area === 'admin' ? 'AdminAreaHeadOutput' : 'ClientAreaHeadOutput', ['filename' => self::file()]));
        $foot = implode('', Hooks::run($area === 'admin' ? 'AdminAreaFooterOutput' : 'ClientAreaFooterOutput', ['filename' => self::file()]));
        $company = Html::e($GLOBALS['CONFIG']['CompanyName']);
        $token = json_encode(Session::token());
        echo "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, "
            . "initial-scale=1\"><title>" . Html::e($title) . " - $company</title><link rel=\"stylesheet\" href=\"$css\">"
            . "<script>var csrfToken = $token;</script>$head</head>\n<body class=\"$area\"><header class=\"navbar\"><strong>$company</strong>"
            . "<ul class=\"nav\">$menu</ul><span class=\"who\">$who</span></header>\n<main class=\"container\">$body</main>\n$foot</body></html>";
    }

    private static function file(): string
    {
        return basename((string) ($_SERVER['SCRIPT_NAME'] ?? ''), '.php');
    }
}
