"""The settings of the site. PyMySQL takes the place of MySQLdb."""

import pymysql

pymysql.install_as_MySQLdb()
