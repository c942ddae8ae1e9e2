from django.urls import path

from valuation.appraisals.views import agencies, comparables, orders, reports, workbench

urlpatterns = [
    path("agencies/", agencies.agency_list, name="agency_list"),
    path("agencies/<int:pk>/", agencies.agency_detail, name="agency_detail"),
    path("workspace/agency/", agencies.agency_profile, name="agency_profile"),
    path("workspace/agency/appraisers/", agencies.appraiser_enter, name="appraiser_enter"),
    path("workspace/agency/appraisers/<int:pk>/leave/", agencies.appraiser_leave, name="appraiser_leave"),
    path("workspace/appraisals/", orders.my_appraisals, name="my_appraisals"),
    path("workspace/appraisals/new/", orders.appraisal_new, name="appraisal_new"),
    path("workspace/appraisals/post/", orders.appraisal_post, name="appraisal_post"),
    path("workspace/appraisals/<slug:number>/", orders.appraisal_detail, name="appraisal"),
    path(
        "workspace/appraisals/<slug:number>/comparables/",
        comparables.appraisal_comparables,
        name="appraisal_comparables",
    ),
    path("workspace/appraisals/<slug:number>/workbench/", workbench.appraisal_workbench, name="appraisal_workbench"),
    path("workspace/appraisals/<slug:number>/texts/<slug:section>/", workbench.appraisal_text, name="appraisal_text"),
    path(
        "workspace/appraisals/<slug:number>/methods/<slug:method>/", workbench.appraisal_method, name="appraisal_method"
    ),
    path(
        "workspace/appraisals/<slug:number>/methods/<slug:method>/live/",
        workbench.appraisal_live,
        name="appraisal_live",
    ),
    path(
        "workspace/appraisals/<slug:number>/quotes/<int:pk>/<slug:verb>/",
        orders.appraisal_quote_act,
        name="appraisal_quote_act",
    ),
    path(
        "workspace/appraisals/<slug:number>/data/<int:pk>/<slug:verb>/",
        orders.appraisal_data_act,
        name="appraisal_data_act",
    ),
    path(
        "workspace/appraisals/<slug:number>/comments/<int:pk>/<slug:verb>/",
        orders.appraisal_comment_act,
        name="appraisal_comment_act",
    ),
    path("workspace/appraisals/<slug:number>/<slug:verb>/", orders.appraisal_act, name="appraisal_act"),
    path("workspace/reports/", reports.my_reports, name="my_reports"),
    path("workspace/reports/<slug:number>/", reports.appraisal_report, name="appraisal_report"),
    path("workspace/reports/<slug:number>/recompute/", reports.appraisal_recompute, name="appraisal_recompute"),
    path("workspace/reports/<slug:number>/twin.json", reports.appraisal_twin, name="appraisal_twin"),
    path(
        "workspace/reports/<slug:number>/objections/<int:pk>/<slug:verb>/",
        reports.appraisal_objection_act,
        name="appraisal_objection_act",
    ),
    path("workspace/reports/<slug:number>/<slug:verb>/", reports.appraisal_report_act, name="appraisal_report_act"),
    path("desk/appraisals/", orders.desk_appraisals, name="desk_appraisals"),
]
