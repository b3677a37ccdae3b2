<?php
// The configuration of WordPress, from the environment and from the file with the password.

function from_environment( $name, $default = '' ) {
	$value = getenv( $name );
	return false === $value || '' === $value ? $default : $value;
}

$password_file = from_environment( 'MYSQL_PASSWORD_FILE' );

define( 'DB_HOST', from_environment( 'MYSQL_HOST', 'localhost' ) . ':' . from_environment( 'MYSQL_PORT', '3306' ) );
define( 'DB_NAME', from_environment( 'MYSQL_DATABASE', 'wordpress' ) );
define( 'DB_USER', from_environment( 'MYSQL_USER', 'wordpress' ) );
define( 'DB_PASSWORD', $password_file ? rtrim( file_get_contents( $password_file ), "\n" ) : from_environment( 'MYSQL_PASSWORD' ) );
// MySQL refuses a login without TLS.
define( 'MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );

// All members of a pool have the same keys, because they have the same password.
foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $use ) {
	define( $use . '_KEY', hash_hmac( 'sha256', $use . '_KEY', DB_PASSWORD ) );
	define( $use . '_SALT', hash_hmac( 'sha256', $use . '_SALT', DB_PASSWORD ) );
}

// The load balancer says how the client came in.
if ( 'https' === ( $_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '' ) ) {
	$_SERVER['HTTPS'] = 'on';
}

// Without it, links and redirects lead to the name by which the client asked when WordPress was installed.
if ( '' !== from_environment( 'WORDPRESS_URL' ) ) {
	define( 'WP_HOME', from_environment( 'WORDPRESS_URL' ) );
	define( 'WP_SITEURL', from_environment( 'WORDPRESS_URL' ) );
}

// The root file system is read-only, and the application is renewed by another image.
define( 'DISALLOW_FILE_MODS', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'DISABLE_WP_CRON', true );
define( 'WP_DEBUG', from_environment( 'WORDPRESS_DEBUG' ) === 'true' );
define( 'WP_CONTENT_DIR', '/var/lib/wordpress/wp-content' );

$table_prefix = from_environment( 'WORDPRESS_TABLE_PREFIX', 'wp_' );

if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
