#include <KIM_SimulatorHeaders.h>
#include <KIM_Log.h>
#include <KIM_Collections.h>
#include <KIM_CollectionItemType.h>
