"""The lifecycles of appraisals."""
