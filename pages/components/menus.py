"""What each role finds in the menu at the left."""

from pages.components.staff import MenuItem

DOCTOR = (MenuItem("今日接诊", "/desk", "person"), MenuItem("候诊屏", "/screen", "speaker"))
ADMIN = (MenuItem("运行总览", "/admin", "chart"), MenuItem("候诊屏", "/screen", "speaker"))
