package plots
import ("testing";"os";"ecsim/models/result/resulttest";"ecsim/models/result";"time";"fmt";"ecsim/sim";"ecsim/workloads/units")
func TestPeek(t *testing.T){
 os.MkdirAll("/tmp/peek",0o755)
 specs:=resulttest.Specs()
 outs:=resulttest.Outcomes(specs,4)
 specs = append(specs, specs[0],specs[2],specs[4])
 for i:=range specs { specs[i].Platform=fmt.Sprintf("a-rather-long-platform-name-%d",i); specs[i].Weekly*=float64(10+i) ; specs[i].Wait*=1+float64(i)/5}
 outs8:=resulttest.Outcomes(specs,4)
 short:=resulttest.Run(resulttest.Specs()[0],0)
 short.Duration=9*sim.Hour; short.WarmUp=sim.Hour; short.End=10*sim.Hour; short.MonthlyOK=false; short.Bill.Hours=8*sim.Hour; short.Bill.Total/=21
 short.Platform="short"
 so,_:=result.Fold([]*result.Run{short})
 long:=resulttest.Run(resulttest.Specs()[0],0); long.Platform="long"
 long.Duration=365*sim.Day; long.End=long.Duration; long.Cluster.CapacityCPU.Width*=52;long.Cluster.DemandCPU.Width*=52;long.Cluster.Waiting.Width*=52; long.Bill.Hourly=nil
 for d:=range 365*24 { long.Bill.Hourly=append(long.Bill.Hourly,result.HourlyCost{From:sim.Time(d)*sim.Hour,Class:map[string]units.USD{"ec2":units.USD(d%24)*1e9,"network":1e9,"other":3e9}})}
 lo,_:=result.Fold([]*result.Run{long})
 for i,os_:=range [][]*result.Outcome{outs,outs8,{so},{lo}} {
 t0:=time.Now()
 fs,err:=Render(Input{Outcomes:os_,Gates:resulttest.Gates()})
 if err!=nil {t.Fatal(err)}
 n:=0
 for _,f:=range fs { os.WriteFile(fmt.Sprint("/tmp/peek/",i,f.Name),f.PNG,0o644); n+=len(f.PNG) }
 t.Log(len(fs),n,time.Since(t0))
 }
}
