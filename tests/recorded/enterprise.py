"""Expected of ../shared/data/recorded/enterprise."""

from __future__ import annotations

from tests.recorded.expected import Expected

RECORDED: dict[str, Expected] = {
    "enterprise/licence-unclear/cn_coal_monitoring_places_A.json": Expected(
        "73 places with 133 sensors: 23 send null, one stands there twice, 35 places have none",
        {"observation": 109},
        drift={
            "observation.(duplicate key)": 1,
            "observation.(missing)": 23,
            "observation.(place without sensor)": 35,
        },
        format="mine_txt",
    ),
    # Tables and JSON read by mapping profiles
    "enterprise/skab_anomaly-free_anomaly-free.csv": Expected(
        "9,405 seconds of eight sensors, without labels", {"observation": 75240}, format="mapped"
    ),
    "enterprise/skab_valve1_0.csv": Expected(
        "1,147 seconds of eight sensors and two labels", {"observation": 11470}, format="mapped"
    ),
    "enterprise/skab_valve1_1.csv": Expected(
        "1,145 seconds of eight sensors and two labels", {"observation": 11450}, format="mapped"
    ),
    "enterprise/skab_other_1.csv": Expected(
        "745 seconds of eight sensors and two labels", {"observation": 7450}, format="mapped"
    ),
    "enterprise/skab_other_2.csv": Expected(
        "780 seconds of eight sensors and two labels", {"observation": 7800}, format="mapped"
    ),
    "enterprise/nab_machine_temperature_system_failure.csv": Expected(
        "22,695 values; an hour of twelve comes twice",
        {"observation": 22683},
        drift={"observation.(duplicate key)": 12},
        format="mapped",
    ),
    "enterprise/tep_d00.dat": Expected(
        "transposed: 52 lines of 500 values", rejects=("mapped.row.cells",) * 52, format="mapped", profile="tep"
    ),
    "enterprise/tep_d01.dat": Expected(
        "480 samples of 52 variables, without times", {"process_sample": 24960}, format="mapped", profile="tep"
    ),
    "enterprise/tep_d06_te.dat": Expected(
        "960 samples of 52 variables, without times", {"process_sample": 49920}, format="mapped", profile="tep"
    ),
    "enterprise/coal_methane_train.arff": Expected(
        "ARFF, whose rows have no time", rejects=("mapped.profile.none",), format="mapped"
    ),
    "enterprise/coal_seismic-bumps_train-0.arff": Expected(
        "ARFF, whose rows have no time", rejects=("mapped.profile.none",), format="mapped"
    ),
    "enterprise/licence-unclear/cn_plants_steel.json": Expected(
        "372 plants, three of them twice, one without a place",
        {"industrial_plant": 369},
        drift={"industrial_plant.(duplicate key)": 3},
        format="mapped",
    ),
    "enterprise/licence-unclear/cn_plants_cement.json": Expected(
        "1,016 plants, ten of them without a name",
        {"industrial_plant": 1006},
        rejects=("mapped.key.missing",) * 10,
        format="mapped",
    ),
    # Hidden dangers of a mine
    "enterprise/licence-unclear/cn_coal_hidden_danger.csv": Expected(
        "90 dangers, one with the grade 无", {"hidden_danger": 90}, format="hidden_danger"
    ),
    "enterprise/licence-unclear/cn_coal_hidden_sidingbiao.csv": Expected(
        "57 orders, also those dated before their finding and of a wrong year",
        {"rectification_order": 57},
        format="hidden_danger",
    ),
    "enterprise/licence-unclear/cn_coal_hidden_spotdispose.csv": Expected(
        "34 dangers mended on the spot", {"spot_disposal": 34}, format="hidden_danger"
    ),
}
