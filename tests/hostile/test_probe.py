import time
def test_it(db):
    from tests.world import a_world
    t=time.time(); w=a_world(); print("built", time.time()-t)
